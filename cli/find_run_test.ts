import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Instance } from "../src/instance/instance.ts";
import type { Persistence, RunFilter } from "../src/provider/persistence.ts";
import { allRuns } from "../src/engine/all_runs.ts";
import { findRun } from "./find_run.ts";
import { sampleRun } from "./output/testing_run.ts";

/** A store with runs of these ids, the newest last. */
function storeWith(...ids: string[]): Persistence {
  const runs = ids.map((id, index) => sampleRun({ id, createdAt: index })).reverse();
  const list = ({ idPrefix = "", after, limit }: RunFilter): Promise<readonly Instance[]> =>
    Promise.resolve(
      runs.filter((run) => run.id.startsWith(idPrefix) && (!after || run.createdAt < after.createdAt)).slice(
        0,
        limit,
      ),
    );
  const get = (id: string) => Promise.resolve(runs.find((run) => run.id === id) ?? null);
  return { list, get } as unknown as Persistence;
}

Deno.test("findRun() takes a whole id, even one that others begin with", async () => {
  equal((await findRun(storeWith("build", "build-2"), "build")).id, "build");
  equal((await findRun(storeWith("ab"), "ab")).id, "ab");
});

Deno.test("findRun() takes four characters that one run begins with", async () => {
  equal((await findRun(storeWith("abcd-1", "abce-1"), "abcd")).id, "abcd-1");
});

Deno.test("findRun() refuses characters that several runs begin with, and lists them", async () => {
  await rejects(findRun(storeWith("abcd-1", "abcd-2"), "abcd"), { exitCode: 2, message: /abcd-2, abcd-1\./ });
});

Deno.test("findRun() finds no run by fewer characters, or other ones", async () => {
  await rejects(findRun(storeWith("abcd-1"), "abc"), { exitCode: 3 });
  await rejects(findRun(storeWith("abcd-1"), "xbcd"), { exitCode: 3 });
});

Deno.test("allRuns() reads page after page", async () => {
  const ids = Array.from({ length: 2_500 }, (_, index) => `run-${index}`);
  const found = await Array.fromAsync(allRuns(storeWith(...ids)), (run) => run.id);
  deepEqual(found, ids.reverse());
});
