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
};

/** Writes so many transitions, each with one event. */
async function tell(scene: Scene, runId: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await scene.store.change(
      runId,
      (state) => advance(scene, state, (change) => change.tellRun("WorkflowResumed", `${n}`), true),
    );
  }
}
