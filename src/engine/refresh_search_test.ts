import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { searchMapping } from "../instance/search_document.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { MemorySearch } from "../memory/search.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { refreshSearch } from "./refresh_search.ts";
import { startHost, wrapped } from "./testing_host.ts";

const works = new WorkflowBuilder().startWith(() => {}).name("Pack").build("parcel", 1);
Deno.test("an index that was empty finds all runs afterwards", async () => {
  await using scene = await ended("a", "b", "c");
  deepEqual(await refreshSearch(scene.store, scene.index), { put: 3, removed: 0 });
  deepEqual(await scene.found("pack"), ["a", "b", "c"]);
  deepEqual(await scene.found("pack complete parcel b"), ["b"]);
});

Deno.test("only what has changed is put again, unless all is to be made anew", async () => {
  await using scene = await ended("a", "b");
  await refreshSearch(scene.store, scene.index);
  deepEqual(await refreshSearch(scene.store, scene.index), { put: 0, removed: 0 });
  await scene.start("c");
  deepEqual(await refreshSearch(scene.store, scene.index), { put: 1, removed: 0 });
  deepEqual(await refreshSearch(scene.store, scene.index, { all: true }), { put: 3, removed: 0 });
});

Deno.test("a run that went on is put again, and so is a document of an older mapping", async () => {
  await using scene = await ended("a", "b");
  await refreshSearch(scene.store, scene.index);
  const [b, a] = (await scene.index.search("")).hits;
  await using behind = new MemorySearch();
  await behind.put([{ ...a!, sequence: 1, status: "Runnable" }, { ...b!, mapping: searchMapping - 1 }]);
  deepEqual(await refreshSearch(scene.store, behind), { put: 2, removed: 0 });
  deepEqual((await behind.search("")).hits, [b, a]);
});

Deno.test("what was purged is found no more, and a new run of its id is", async () => {
  await using scene = await ended("a", "b", "c");
  await refreshSearch(scene.store, scene.index);
  scene.clock.advance(1);
  await scene.store.purge({ endedBefore: scene.clock.now() }, 9);
  await scene.start("b");
  deepEqual(await refreshSearch(scene.store, scene.index), { put: 1, removed: 3 });
  deepEqual(await scene.found(""), ["b"]);
  equal((await scene.index.search("")).hits[0]!.createdAt, scene.clock.now());
});

Deno.test("a run that is purged while the index is brought up to date is left out", async () => {
  await using scene = await ended("a", "b");
  scene.clock.advance(1);
  const purging = wrapped(scene.store, "list", async (call) => {
    const runs = await call();
    await scene.store.purge({ endedBefore: scene.clock.now() }, 1);
    return runs;
  });
  deepEqual(await refreshSearch(purging, scene.index), { put: 1, removed: 0 });
  deepEqual(await scene.found(""), ["b"]);
});

Deno.test("runs are read, and documents put and taken out, a hundred at a time", async () => {
  await using scene = await ended(...Array.from({ length: 250 }, (_, n) => `run-${n}`));
  const asked: number[] = [];
  const counting = wrapped(scene.store, "summaries", (call, _, [runIds]) => {
    asked.push((runIds as readonly string[]).length);
    return call();
  });
  deepEqual(await refreshSearch(counting, scene.index), { put: 250, removed: 0 });
  scene.clock.advance(1);
  await scene.store.purge({ endedBefore: scene.clock.now() }, 250);
  deepEqual(await refreshSearch(counting, scene.index), { put: 0, removed: 250 });
  deepEqual(asked, [100, 100, 50, 100, 100, 50]);
});

Deno.test("nothing is lost where the store puts runs of one time in another order", async () => {
  await using scene = await ended("a", "b", "c");
  await refreshSearch(scene.store, scene.index);
  const list = scene.store.list.bind(scene.store);
  scene.store.list = async (filter) => (await list(filter)).toReversed();
  equal((await refreshSearch(scene.store, scene.index)).removed, 0);
  deepEqual(await scene.found(""), ["a", "b", "c"]);
});

/** A store with runs that are Complete, and an empty index. */
async function ended(...ids: readonly string[]) {
  const clock = new ManualClock();
  const store = new MemoryPersistence({ clock });
  const index = new MemorySearch();
  const host = await startHost(store, works);
  const start = async (runId: string) => {
    await (await host.startWorkflow("parcel", {}, { runId })).result();
  };
  for (const id of ids) await start(id);
  return {
    store,
    clock,
    index,
    start,
    found: async (terms: string) => (await index.search(terms)).hits.map(({ id }) => id).sort(),
    [Symbol.asyncDispose]: () => host.stop(),
  };
}
