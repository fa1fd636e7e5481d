/** A search index that hosts feed: what is found, and what becomes of workflows while it is down. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { MemorySearch } from "../memory/search.ts";
import { StoreError } from "../provider/errors.ts";
import type { SearchIndex } from "../provider/search.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { searchSink } from "./search_feed.ts";
import { type AnyDefinition, startHostWith, turns, whatIsSaid, wrapped } from "./testing_host.ts";

const parcel = new WorkflowBuilder().startWith(() => {}).name("Pack").then(() => {}).name("Ship")
  .build("parcel", 1);
const nap = new WorkflowBuilder().startWith(() => {}).name("Lie down").delay("1m").name("Sleep")
  .build("nap", 1);

/** An index that may be down, or refuse documents. */
class Moody implements SearchIndex {
  readonly inner = new MemorySearch();
  mood: (ids: readonly string[]) => Promise<void> = () => Promise.resolve();
  puts = 0;

  async put(documents: Parameters<SearchIndex["put"]>[0]): Promise<void> {
    this.puts++;
    await this.mood(documents.map(({ id }) => id));
    await this.inner.put(documents);
  }
  async remove(runs: Parameters<SearchIndex["remove"]>[0]): Promise<void> {
    await this.mood(runs.map(({ id }) => id));
    await this.inner.remove(runs);
  }
  async search(...search: Parameters<SearchIndex["search"]>): ReturnType<SearchIndex["search"]> {
    await this.mood([]);
    return await this.inner.search(...search);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.inner[Symbol.asyncDispose]();
  }
}

const down = () => Promise.reject(new StoreError("io", "Nobody answers"));

async function scene(...definitions: readonly AnyDefinition[]) {
  const clock = new VirtualClock();
  const store = new MemoryPersistence({ clock });
  const index = new Moody();
  const start = () => startHostWith({ persistence: store, clock, search: index }, ...definitions);
  const host = await start();
  const dirty = async () => (await store.readDirty(searchSink, 9_999)).length;
  const found = async (terms: string) =>
    (await index.inner.search(terms, { take: 1_000 })).hits.map(({ id }) => id).sort();
  return { clock, store, index, host, start, dirty, found };
}

Deno.test("what runs do is found a second later, through the host, and once more when they go on", async () => {
  const { clock, host, store, dirty } = await scene(nap);
  const run = await host.startWorkflow("nap", {}, { reference: "R 1" });
  await clock.pass("1100ms");
  const { hits } = await host.search("r-1 lie", { filters: { status: ["Runnable"] } });
  deepEqual(hits.map(({ id }) => id), [run.id]);
  await clock.until(run.result());
  await clock.pass("1100ms");
  equal((await host.search(run.id)).hits[0]!.status, "Complete");
  equal(await dirty(), 0);
  await clock.until(host.stop());
  equal((await store.get(run.id))!.status, "Complete");
});

Deno.test("several changes of a run within a second are one document", async () => {
  const { clock, host, index } = await scene(parcel);
  await clock.pass("2s");
  const before = index.puts;
  await clock.until((await host.startWorkflow("parcel")).result());
  await clock.pass("5s");
  equal(index.puts - before, 1);
  await clock.until(host.stop());
});

Deno.test("the store is asked for the runs of a hundred documents at once, and for none by itself", async () => {
  const clock = new VirtualClock();
  await using memory = new MemoryPersistence({ clock });
  const asked: (number | string)[] = [];
  let store = wrapped(memory, "summaries", (call, _, [runIds]) => {
    asked.push((runIds as readonly string[]).length);
    return call();
  });
  for (const method of ["get", "pointers"] as const) {
    store = wrapped(store, method, (call) => (asked.push(method), call()));
  }
  const index = new MemorySearch();
  const host = await startHostWith({ persistence: store, clock, search: index }, nap);
  await clock.pass("2s");
  for (let count = 0; count < 250; count++) await host.startWorkflow("nap");
  await clock.pass("2s");
  equal((await index.search("lie down")).total, 250);
  deepEqual(asked, [100, 100, 50]);
  await clock.until(host.stop());
});

Deno.test("what was purged is found no more, and a new run of its id is", async () => {
  const { clock, host, found } = await scene(parcel, nap);
  for (const runId of ["a", "b"]) {
    await clock.until((await host.startWorkflow("parcel", {}, { runId })).result());
  }
  await clock.pass("2s");
  deepEqual(await found("parcel"), ["a", "b"]);
  await host.purgeWorkflows();
  await host.startWorkflow("nap", {}, { runId: "b" });
  await clock.pass("2s");
  deepEqual(await found("parcel"), []);
  deepEqual(await found(""), ["b"]);
  await clock.until(host.stop());
});

Deno.test("a host that stops hands over what it has done", async () => {
  const { clock, host, found, dirty } = await scene(parcel);
  const run = await host.startWorkflow("parcel");
  await clock.until(run.result());
  await clock.until(host.stop(), { within: 1 });
  deepEqual(await found("complete"), [run.id]);
  equal(await dirty(), 0);
});

Deno.test("a host that stops while the index is told of something hands over what came since, too", async () => {
  const { clock, host, index, found } = await scene(parcel);
  await clock.pass("2s");
  const { promise, resolve } = Promise.withResolvers<void>();
  index.mood = () => promise;
  await host.startWorkflow("parcel", {}, { runId: "a" });
  await clock.pass("1s");
  await clock.until((await host.startWorkflow("parcel", {}, { runId: "b" })).result());
  const stopped = host.stop();
  await turns(5);
  resolve();
  await clock.until(stopped, { within: 1 });
  deepEqual(await found("complete"), ["a", "b"]);
});

Deno.test("an index that is new, or that was emptied, is filled with all that was before", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const first = await startHostWith({ persistence: store, clock }, parcel);
  const ids = [];
  for (let count = 0; count < 250; count++) ids.push((await first.startWorkflow("parcel")).id);
  for (const id of ids) await clock.until(first.getHandle(id).result());
  await clock.until(first.stop());
  for (let round = 0; round < 2; round++) {
    const index = new MemorySearch();
    const host = await startHostWith({ persistence: store, clock, search: index });
    await clock.pass("1s");
    equal((await index.search("parcel")).total, 250);
    await clock.until(host.stop());
  }
});

Deno.test("an index that was down is looked at: one that came back empty is filled", async () => {
  const { clock, host, index, found } = await scene(parcel);
  const run = await host.startWorkflow("parcel", {}, { runId: "before" });
  await clock.until(run.result());
  await clock.pass("2s");
  await whatIsSaid("warn", async () => {
    index.mood = down;
    await clock.until((await host.startWorkflow("parcel", {}, { runId: "after" })).result());
    await clock.pass("2s");
    await index.inner.remove([{ id: "before", createdAt: Infinity }]);
    index.mood = () => Promise.resolve();
    await clock.pass("1m");
  });
  deepEqual(await found(""), ["after", "before"]);
  await clock.until(host.stop());
});

Deno.test("an index that is down for minutes: no run fails or is late, one row a run is kept, and it converges", async () => {
  const { clock, host, index, dirty, found } = await scene(parcel, nap);
  await clock.pass("2s");
  const troubles: string[] = [];
  host.onSearchTrouble(({ message }) => troubles.push(message));
  index.mood = down;
  const runs = [];
  for (let minute = 0; minute < 10; minute++) {
    const begun = clock.monotonic();
    for (let count = 0; count < 20; count++) {
      const run = await host.startWorkflow(count % 2 ? "parcel" : "nap");
      if (count % 2) await clock.until(run.result());
      runs.push(run);
    }
    equal(clock.monotonic(), begun, "nobody waited for the index");
    await clock.pass("1m");
  }
  await clock.pass("1m");
  equal(await dirty(), runs.length);
  for (const run of runs) equal((await run.result()) !== null, true);
  ok(troubles.length >= 20 && troubles.length <= 40, `${troubles.length} tries in ten minutes`);
  index.mood = () => Promise.resolve();
  await clock.pass("31s");
  equal(await dirty(), 0);
  deepEqual(await found("complete"), runs.map(({ id }) => id).sort());
  await clock.until(host.stop());
});

Deno.test("an index that never answers keeps no run and no host waiting", async () => {
  const { clock, host, index, dirty, store } = await scene(parcel);
  await clock.pass("2s");
  index.mood = () => new Promise(() => {});
  const run = await host.startWorkflow("parcel");
  await clock.until(run.result(), { within: 1 });
  await clock.until(host.stop({ grace: 0 }), { within: "6s" });
  equal(await dirty(), 1);
  equal((await store.get(run.id))!.status, "Complete");
});

Deno.test("a document that the index refuses keeps no other from it, and stays to be tried again", async () => {
  const { clock, host, index, dirty, found } = await scene(parcel);
  await clock.pass("2s");
  index.mood = (ids) =>
    ids.includes("bad")
      ? Promise.reject(new StoreError("unsupported", "It has a field of another type"))
      : Promise.resolve();
  const troubles: string[] = [];
  host.onSearchTrouble(({ message }) => troubles.push(message));
  for (const runId of ["a", "bad", "c", "d", "e"]) {
    await clock.until((await host.startWorkflow("parcel", {}, { runId })).result());
  }
  await clock.pass("1m");
  deepEqual(await found("complete"), ["a", "c", "d", "e"]);
  equal(await dirty(), 1);
  ok(troubles[0]!.includes("another type"));
  index.mood = () => Promise.resolve();
  await clock.pass("1m");
  deepEqual(await found("bad"), ["bad"]);
  equal(await dirty(), 0);
  await clock.until(host.stop());
});

Deno.test("of two hosts one feeds the index with what both do; when it ends, the other does", async () => {
  const { clock, store, host, found } = await scene(parcel);
  const other = new Moody();
  const second = await startHostWith({ persistence: store, clock, search: other }, parcel);
  for (const each of [host, second]) await clock.until((await each.startWorkflow("parcel")).result());
  await clock.pass("30s");
  equal((await found("complete")).length, 2);
  equal((await other.inner.search("")).total, 0);
  await clock.until(host.stop());
  const last = await second.startWorkflow("parcel");
  await clock.until(last.result());
  await clock.pass("30s");
  equal((await other.inner.search("complete")).total, 3);
  await clock.until(second.stop());
});

Deno.test("runs that change all the time keep no other from the index", async () => {
  const { clock, host, index, found } = await scene(nap);
  await clock.pass("2s");
  for (let count = 0; count < 150; count++) {
    await host.startWorkflow("nap", {}, { runId: `run-${String(count).padStart(3, "0")}` });
  }
  let changes = 0;
  let foundAfter = Infinity;
  index.mood = async (ids) => {
    if (ids.length > 0 && (await found("nap")).length === 150) foundAfter = Math.min(foundAfter, changes);
    if (changes === 10) return;
    changes++;
    for (const id of ids) {
      await host.terminateWorkflow(id);
      await host.retryWorkflow(id);
    }
  };
  await clock.pass("30s");
  equal(foundAfter, 2);
  await clock.until(host.stop());
});

Deno.test("without an index there is nothing to search, and nothing is kept for one", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHostWith({ persistence: store }, parcel);
  await (await host.startWorkflow("parcel")).result();
  await rejects(host.search("x"), { code: "HOST_STATE", message: /useSearchIndex/ });
  deepEqual(await store.readDirty(searchSink, 9), []);
});

Deno.test("an index of a store that is closed for want of a host is compared with the store when one comes", async () => {
  const { clock, store, host, start, found } = await scene(parcel);
  await clock.until((await host.startWorkflow("parcel", {}, { runId: "a" })).result());
  await clock.until(host.stop());
  await store.closeSink(searchSink);
  const without = await startHostWith({ persistence: store, clock }, parcel);
  await clock.until((await without.startWorkflow("parcel", {}, { runId: "b" })).result());
  await clock.until(without.stop());
  const again = await start();
  await clock.pass("1s");
  deepEqual(await found("complete"), ["a", "b"]);
  await clock.until(again.stop());
});
