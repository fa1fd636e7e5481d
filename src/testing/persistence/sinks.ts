import assert from "node:assert/strict";
import type { LifecycleEvent } from "../../instance/lifecycle_event.ts";
import {
  advance,
  assertLeaseLost,
  claimBy,
  commit,
  enter,
  newRun,
  type Promises,
  type Scene,
  start,
  startOwned,
  stored,
  succeed,
  terminate,
  ttl,
} from "./scene.ts";

/** Durable sinks: what is kept for them, and who feeds them. */
export const sinkPromises: Promises = {
  "nothing is kept while no sink is open": async (scene) => {
    await commit(scene, succeed(scene, await startOwned(scene, "run")));
    await scene.store.openSink("sink");
    assert.deepEqual(await scene.store.readOutbox("sink", 9), []);
  },
  "an open sink gets the events of every write, in order": async (scene) => {
    const { store, clock } = scene;
    await store.openSink("sink");
    await store.saveDefinition(stored);
    const told: LifecycleEvent[] = [];
    const start = newRun(clock, "run");
    await store.create(start.transition);
    await enter(scene, "host-1");
    const crashes = { from: 0, to: 9 };
    const take = claimBy(clock, "host-1");
    const [claimed] = await store.claim({ incarnation: "host-1", limit: 1, crashes, take });
    const settled = succeed(scene, claimed!.state, { output: { n: 1 } });
    await commit(scene, settled);
    const changed = await store.change("run", (state) => terminate(scene, state, "enough"));
    for (const { transition } of [start, claimed!, settled, changed!]) told.push(...transition.events);
    const entries = await store.readOutbox("sink", 99);
    assert.ok(told.length > 4);
    assert.deepEqual(entries.map(({ event }) => event), told);
    const seqs = entries.map(({ seq }) => seq);
    assert.deepEqual([...new Set(seqs)].toSorted((a, b) => a - b), seqs);
  },
  "what is refused is not told": async (scene) => {
    const { store, clock } = scene;
    const state = await startOwned(scene, "run", { idempotencyKey: "key" });
    await store.change("run", (state) => terminate(scene, state));
    await store.openSink("sink");
    const [outcome] = await store.commit([succeed(scene, state).transition]);
    assertLeaseLost(outcome, "run");
    await store.create(newRun(clock, "other", { idempotencyKey: "key" }).transition);
    await assert.rejects(start(scene, "run"), { code: "RUN_EXISTS" });
    assert.deepEqual(await store.readOutbox("sink", 9), []);
  },
  "each sink has what it has not cleared": async (scene) => {
    const { store } = scene;
    for (const sink of ["a", "b"]) await store.openSink(sink);
    const state = await startOwned(scene, "run");
    await tell(scene, state.instance.id, 3);
    const entries = await store.readOutbox("a", 99);
    await store.clearOutbox("a", entries[1]!.seq);
    assert.deepEqual(await store.readOutbox("a", 99), entries.slice(2));
    assert.deepEqual(
      (await store.readOutbox("b", 99)).map(({ event }) => event),
      entries.map(({ event }) => event),
    );
    await store.clearOutbox("a", entries.at(-1)!.seq);
    assert.deepEqual(await store.readOutbox("a", 99), []);
    await tell(scene, state.instance.id, 1);
    const [next] = await store.readOutbox("a", 99);
    assert.ok(next!.seq > entries.at(-1)!.seq);
  },
  "readOutbox() gives the oldest entries, no more than the limit": async (scene) => {
    const { store } = scene;
    await store.openSink("sink");
    await startOwned(scene, "run");
    await tell(scene, "run", 5);
    const all = await store.readOutbox("sink", 99);
    assert.deepEqual(await store.readOutbox("sink", 2), all.slice(0, 2));
  },
  "openSink() of a sink that is open changes nothing": async (scene) => {
    await scene.store.openSink("sink");
    await startOwned(scene, "run");
    const before = await scene.store.readOutbox("sink", 99);
    await scene.store.openSink("sink");
    assert.deepEqual(await scene.store.readOutbox("sink", 99), before);
    assert.notDeepEqual(before, []);
  },
  "a sink that is closed has nothing, and gets nothing": async (scene) => {
    const { store } = scene;
    await store.openSink("sink");
    await startOwned(scene, "run");
    await store.closeSink("sink");
    await tell(scene, "run", 1);
    assert.deepEqual(await store.readOutbox("sink", 99), []);
    await store.openSink("sink");
    assert.deepEqual(await store.readOutbox("sink", 99), []);
  },
  "a sink that is not open has nothing": async ({ store }) => {
    assert.deepEqual(await store.readOutbox("unknown", 9), []);
    await store.clearOutbox("unknown", 9);
    await store.closeSink("unknown");
  },
  "a sink that one host opens gets the events of all": async (scene) => {
    await start(scene, "run");
    const other = await scene.connect();
    await other.openSink("sink");
    await tell(scene, "run", 1);
    assert.equal((await other.readOutbox("sink", 9)).length, 1);
    await other.closeSink("sink");
    await tell(scene, "run", 1);
    assert.deepEqual(await scene.store.readOutbox("sink", 9), []);
  },
  "closeIdleSinks() closes what nobody has opened or fed since a time, with what is kept for it": async (
    scene,
  ) => {
    const { store, clock } = scene;
    await enter(scene, "host-1");
    for (const sink of ["fed", "idle", "opened"]) await store.openSink(sink);
    await startOwned(scene, "run");
    clock.advance(1_000);
    await store.leaseSink("fed", "host-1", ttl);
    await store.openSink("opened");
    assert.deepEqual(await store.closeIdleSinks(clock.now() - 1_000), []);
    assert.deepEqual(await store.closeIdleSinks(clock.now()), ["idle"]);
    assert.deepEqual(await store.readOutbox("idle", 9), []);
    assert.notDeepEqual(await store.readOutbox("fed", 9), []);
    assert.notDeepEqual(await store.readOutbox("opened", 9), []);
    await store.openSink("idle");
    assert.deepEqual(await store.readOutbox("idle", 9), []);
  },
  "closeIdleSinks() counts from the end of the last right to feed, also where the host is gone": async (
    scene,
  ) => {
    const { store, clock } = scene;
    await enter(scene, "host-1");
    await store.openSink("sink");
    await store.leaseSink("sink", "host-1", ttl);
    const end = clock.now() + ttl;
    await store.removeHost("host-1");
    clock.advance(2 * ttl);
    assert.deepEqual(await store.closeIdleSinks(end), []);
    assert.deepEqual(await store.closeIdleSinks(end + 1), ["sink"]);
  },
  "leaseSink() gives a sink to one host at a time": async (scene) => {
    const { store } = scene;
    for (const host of ["host-1", "host-2"]) await enter(scene, host);
    for (const sink of ["a", "b"]) await store.openSink(sink);
    assert.equal(await store.leaseSink("a", "host-1", ttl), true);
    assert.equal(await (await scene.connect()).leaseSink("a", "host-2", ttl), false);
    assert.equal(await store.leaseSink("b", "host-2", ttl), true);
    assert.equal(await store.leaseSink("a", "host-1", ttl), true);
  },
  "leaseSink() keeps a sink that is renewed, and frees it when the time is over": async (scene) => {
    const { store, clock } = scene;
    for (const host of ["host-1", "host-2"]) await enter(scene, host);
    await store.openSink("sink");
    await store.leaseSink("sink", "host-1", 100);
    clock.advance(99);
    await store.leaseSink("sink", "host-1", 100);
    clock.advance(99);
    assert.equal(await store.leaseSink("sink", "host-2", 100), false);
    clock.advance(1);
    assert.equal(await store.leaseSink("sink", "host-2", 100), true);
    assert.equal(await store.leaseSink("sink", "host-1", 100), false);
  },
  "leaseSink() frees what a host had that is removed": async (scene) => {
    const { store } = scene;
    for (const host of ["host-1", "host-2"]) await enter(scene, host);
    await store.openSink("sink");
    await store.leaseSink("sink", "host-1", ttl);
    await store.removeHost("host-1");
    assert.equal(await store.leaseSink("sink", "host-2", ttl), true);
  },
  "leaseSink() gives nothing to a host that is not entered, and no sink that is not open": async (scene) => {
    const { store } = scene;
    await store.openSink("sink");
    assert.equal(await store.leaseSink("sink", "host-1", ttl), false);
    await enter(scene, "host-1");
    assert.equal(await store.leaseSink("unknown", "host-1", ttl), false);
    assert.equal(await store.leaseSink("sink", "host-1", ttl), true);
  },
  "a sink of runs begins with one entry of no run: of what was before it knows nothing": async (scene) => {
    const { store } = scene;
    await start(scene, "before");
    await store.openSink("runs", "runs");
    const [entry, ...more] = await store.readDirty("runs", 9);
    assert.deepEqual([entry!.runId, more], ["", []]);
    await store.openSink("runs", "runs");
    await store.clearDirty("runs", [entry!]);
    await store.openSink("runs", "runs");
    assert.deepEqual(await store.readDirty("runs", 9), []);
  },
  "a sink of runs has one entry a run, whatever is written of it, and no events": async (scene) => {
    const { store, clock } = scene;
    await openRuns(scene);
    await store.saveDefinition(stored);
    await store.create(newRun(clock, "b").transition);
    await start(scene, "a");
    assert.deepEqual(await dirty(scene), [["a", 1], ["b", 1]]);
    await enter(scene, "host-1");
    const take = claimBy(clock, "host-1");
    const request = { incarnation: "host-1", limit: 1, crashes: { from: 0, to: 9 }, only: ["b"], take };
    const [claimed] = await store.claim(request);
    assert.deepEqual(await dirty(scene), [["a", 1], ["b", 2]]);
    await commit(scene, succeed(scene, claimed!.state));
    await tell(scene, "b", 1);
    assert.deepEqual(await dirty(scene), [["a", 1], ["b", 4]]);
    const [entry] = await store.readDirty("runs", 1);
    assert.equal(entry!.createdAt, (await store.get("a"))!.createdAt);
    assert.deepEqual(await store.readOutbox("runs", 9), []);
  },
  "of a sink of runs nothing is heard that was refused": async (scene) => {
    const { store } = scene;
    const state = await startOwned(scene, "run");
    await store.change("run", (state) => terminate(scene, state));
    await openRuns(scene);
    const [outcome] = await store.commit([succeed(scene, state).transition]);
    assertLeaseLost(outcome, "run");
    assert.deepEqual(await dirty(scene), []);
  },
  "clearDirty() leaves runs that have changed since they were read": async (scene) => {
    const { store } = scene;
    await openRuns(scene);
    for (const id of ["a", "b"]) await start(scene, id);
    const entries = await store.readDirty("runs", 9);
    await tell(scene, "a", 1);
    await store.clearDirty("runs", entries);
    assert.deepEqual(await dirty(scene), [["a", 2]]);
    await store.clearDirty(
      "runs",
      (await store.readDirty("runs", 9)).map((run) => ({ ...run, createdAt: 0 })),
    );
    assert.deepEqual(await dirty(scene), [["a", 2]]);
    await store.clearDirty("runs", []);
    await store.clearDirty("runs", await store.readDirty("runs", 9));
    assert.deepEqual(await dirty(scene), []);
  },
  "readDirty() goes through the runs in the order of their ids": async (scene) => {
    const { store } = scene;
    await openRuns(scene);
    for (const id of ["b", "a", "C", "a-1"]) await start(scene, id);
    const ids = (await store.readDirty("runs", 2)).map(({ runId }) => runId);
    ids.push(...(await store.readDirty("runs", 9, ids.at(-1))).map(({ runId }) => runId));
    assert.deepEqual(ids, ["C", "a", "a-1", "b"]);
  },
  "a purged run is dirty once more, also while its last entry is being cleared": async (scene) => {
    const { store, clock } = scene;
    await openRuns(scene);
    await start(scene, "run");
    await store.change("run", (state) => terminate(scene, state));
    const entries = await store.readDirty("runs", 9);
    await store.purge({ endedBefore: clock.now() + 1 }, 9);
    await store.clearDirty("runs", entries);
    assert.deepEqual(await dirty(scene), [["run", 3]]);
    clock.advance(5);
    await start(scene, "run");
    const [entry] = await store.readDirty("runs", 9);
    assert.deepEqual(entry, { runId: "run", createdAt: clock.now(), sequence: 1 });
  },
  "each sink of runs has its own entries; one that is closed has none, nor one that is not open": async (
    scene,
  ) => {
    const { store } = scene;
    await openRuns(scene);
    await store.openSink("events");
    await store.openSink("more", "runs");
    await start(scene, "run");
    await store.clearDirty("more", await store.readDirty("more", 9));
    assert.deepEqual(await dirty(scene), [["run", 1]]);
    await store.closeSink("runs");
    await tell(scene, "run", 1);
    for (const sink of ["runs", "events", "unknown"]) {
      assert.deepEqual(await store.readDirty(sink, 9), [], sink);
      await store.clearDirty(sink, []);
    }
    assert.equal((await store.readDirty("more", 9)).length, 1);
    assert.ok((await store.readOutbox("events", 9)).length > 1);
  },
};

/** Opens a sink of runs, as if it had learnt of all that was before. */
async function openRuns({ store }: Scene): Promise<void> {
  await store.openSink("runs", "runs");
  await store.clearDirty("runs", await store.readDirty("runs", 9));
}

/** Ids and sequences of the dirty runs of that sink. */
async function dirty({ store }: Scene): Promise<(readonly [string, number])[]> {
  return (await store.readDirty("runs", 99)).map(({ runId, sequence }) => [runId, sequence]);
}

/** Writes so many transitions, each with one event. */
async function tell(scene: Scene, runId: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await scene.store.change(
      runId,
      (state) => advance(scene, state, (change) => change.tellRun("WorkflowResumed", `${n}`), true),
    );
  }
}
