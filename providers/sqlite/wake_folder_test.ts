import { ok, rejects } from "node:assert/strict";
import { shell } from "../../tests/processes.ts";
import { SqliteProvider } from "./persistence.ts";

/** Runs a program for which the system has no watch of a folder. */
const withoutWatches =
  `unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"' sh "$@"`;

const program = (url: string) => `
import { SqliteProvider } from ${JSON.stringify(new URL("mod.ts", url).href)};
const [path] = Deno.args;
try {
  Deno.watchFs(".");
} catch {
  await using one = await SqliteProvider.open(path);
  await using other = await SqliteProvider.open(path);
  const { promise, resolve } = Promise.withResolvers();
  using _watch = one.watch(resolve);
  const late = setTimeout(resolve, 20_000, "late");
  console.log(await promise ?? "heard");
  clearTimeout(late);
}`;

const { code } = await shell(withoutWatches, "true");

Deno.test({
  name: code === 0
    ? "where the system has no watch left, who waits for others looks each second"
    : "where the system has no watch left: skipped, because none can be taken away here",
  ignore: code !== 0,
  async fn() {
    const folder = await Deno.makeTempDir();
    const module = `${folder}/main.ts`;
    await Deno.writeTextFile(module, program(import.meta.url));
    const flags = ["--no-prompt", "--quiet", "--no-check", "--allow-read", "--allow-write"];
    const args = [Deno.execPath(), "run", ...flags, module, `${folder}/a.db`];
    const { out } = await shell(withoutWatches, ...args);
    await Deno.remove(folder, { recursive: true });
    ok(out.includes("heard"), out);
  },
});

Deno.test("who watches a store that is closed does not make its folder again", async () => {
  const folder = await Deno.makeTempDir();
  const store = await SqliteProvider.open(`${folder}/a.db`);
  await store[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
  using _watch = store.watch(() => {});
  using _lock = store.lock.watch("door", () => {});
  await rejects(Deno.stat(folder), Deno.errors.NotFound);
});
