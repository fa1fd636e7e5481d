import assert from "node:assert/strict";
import type { InstanceState } from "../../instance/instance_state.ts";
import {
  advance,
  commit,
  definition,
  ids,
  type Promises,
  type RunOptions,
  type Scene,
  start,
  startOwned,
  succeed,
  terminate,
} from "./scene.ts";
import { drain, event, mailed, publish, startWaiting } from "./waits.ts";

/** Deleting runs that have ended. */
export const purgePromises: Promises = {
  "purge() deletes a run with all that belongs to it": async (scene) => {
    const { store, clock } = scene;
    await startOwned(scene, "run", { data: { n: 1 }, vars: { v: 1 } });
    await completeAll(scene, "run");
    await log(scene, "run", "a line");
    await store.send("run", { kind: "resume", reason: null });
    assert.equal(await store.purge({ endedBefore: clock.now() + 1 }, 9), 1);
    assert.equal(await store.get("run"), null);
    assert.deepEqual(await store.list({ limit: 9 }), []);
    assert.deepEqual(await store.pointers("run"), []);
    assert.deepEqual(await store.mail("run", 0), []);
    assert.deepEqual(await store.readLog("run", { limit: 9 }), []);
    assert.equal(await store.lastCompleted("run", "a", []), null);
    assert.equal(await store.ownerOf("run"), null);
    assert.equal(await store.nextDue(), null);
    assert.deepEqual(await store.unread("host-1"), []);
    await assert.rejects(store.send("run", { kind: "resume", reason: null }), { code: "RUN_NOT_FOUND" });
  },
  "purge() frees the id and the idempotency key, and nothing of the old run comes back": async (scene) => {
    const { store, clock } = scene;
    const key = { idempotencyKey: "key" };
    await startWaiting(scene, "run", undefined, key);
    await publish(scene, event(1), event(2));
    assert.deepEqual((await drain(scene, "run")).flat(), [1, 2]);
    await store.change("run", (state) => terminate(scene, state));
    await log(scene, "run", "old");
    await store.purge({ endedBefore: clock.now() + 1 }, 9);
    const { instance } = await startWaiting(scene, "run", undefined, key);
    assert.equal(instance.inboxSeq, 1);
    assert.deepEqual((await store.pointers("run")).map(({ id, status }) => [id, status]), [[1, "Waiting"]]);
    assert.deepEqual(await store.readLog("run", { limit: 9 }), []);
    // It has taken nothing yet.
    assert.deepEqual((await drain(scene, "run")).flat(), [1, 2]);
  },
  "purge() leaves runs that have not ended, and those that ended at the time or later": async (scene) => {
    const { store, clock } = scene;
    await start(scene, "runnable");
    await startOwned(scene, "suspended");
    await store.change("suspended", (state) =>
      advance(scene, state, (change) => {
        change.moveRun("Suspended");
        change.set({ reason: "wait" });
      }));
    await ended(scene, "early");
    clock.advance(1);
    await ended(scene, "late");
    assert.equal(await store.purge({ endedBefore: clock.now() }, 9), 1);
    assert.deepEqual(ids(await store.list({ limit: 9 })).toSorted(), ["late", "runnable", "suspended"]);
  },
  "purge() leaves a run that was opened again": async (scene) => {
    const { store, clock } = scene;
    await ended(scene, "run");
    await store.change("run", (state) =>
      advance(scene, state, (change) => {
        change.moveRun("Runnable");
        change.set({ endedAt: null });
      }));
    clock.advance(1);
    assert.equal(await store.purge({ endedBefore: clock.now() }, 9), 0);
  },
  "purge() deletes no more than the limit, the oldest end first": async (scene) => {
    const { store, clock } = scene;
    for (const id of ["c", "a", "b"]) await start(scene, id);
    for (const id of ["b", "c", "a"]) {
      clock.advance(1);
      await store.change(id, (state) => terminate(scene, state));
    }
    clock.advance(1);
    assert.equal(await store.purge({ endedBefore: clock.now() }, 1), 1);
    assert.equal(await store.get("b"), null);
    assert.equal(await store.purge({ endedBefore: clock.now() }, 9), 2);
    assert.equal(await store.purge({ endedBefore: clock.now() }, 9), 0);
  },
  "purge() filters by status and definition": async (scene) => {
    const { store, clock } = scene;
    await startOwned(scene, "complete");
    await completeAll(scene, "complete");
    await ended(scene, "terminated");
    await ended(scene, "other", { definition: { ...definition, id: "other" } });
    const endedBefore = clock.now() + 1;
    assert.equal(await store.purge({ endedBefore, status: ["Failed", "Cancelled"] }, 9), 0);
    assert.equal(await store.purge({ endedBefore, status: [] }, 9), 0);
    assert.equal(await store.purge({ endedBefore, definitionId: "other", status: ["Complete"] }, 9), 0);
    assert.equal(await store.purge({ endedBefore, status: ["Complete"] }, 9), 1);
    assert.equal(await store.purge({ endedBefore, definitionId: "other" }, 9), 1);
    assert.deepEqual(ids(await store.list({ limit: 9 })), ["terminated"]);
  },
  "purge() deletes many runs, and leaves the others whole": async (scene) => {
    const { store, clock } = scene;
    const state = await startOwned(scene, "kept", { data: { kept: true } });
    await log(scene, "kept", "a line");
    for (let n = 0; n < 50; n++) await ended(scene, `run-${n}`);
    assert.equal(await store.purge({ endedBefore: clock.now() + 1 }, 1_000), 50);
    assert.deepEqual(await store.get("kept"), state.instance);
    assert.deepEqual(await store.pointers("kept"), [...state.pointers]);
    assert.equal((await store.readLog("kept", { limit: 9 })).length, 1);
  },
  "purge() lets go of the events in the mailbox": async (scene) => {
    const { store, clock } = scene;
    await startWaiting(scene, "run");
    await publish(scene, event(1));
    // Ends without reading its mail.
    await store.change("run", (state) =>
      advance(scene, state, (change) => {
        change.unsubscribe(1);
        change.movePointer(1, "Cancelled", { wait: null });
        change.moveRun("Cancelled");
        change.set({ endedAt: clock.now() });
      }));
    clock.advance(1);
    assert.equal(await store.forgetEvents(clock.now(), 9), 0);
    await store.purge({ endedBefore: clock.now() }, 9);
    assert.equal(await store.forgetEvents(clock.now(), 9), 1);
  },
  "purge() leaves what sinks have not cleared, and the definition": async (scene) => {
    const { store, clock } = scene;
    await store.openSink("sink");
    await ended(scene, "run");
    const before = await store.readOutbox("sink", 99);
    await store.purge({ endedBefore: clock.now() + 1 }, 9);
    assert.deepEqual(await store.readOutbox("sink", 99), before);
    assert.equal((await store.getRevisions("contract", 1)).length, 1);
  },
  "a run that was purged gets no event, and the others do": async (scene) => {
    const { store, clock } = scene;
    await startWaiting(scene, "run");
    await startWaiting(scene, "other");
    await store.change("run", (state) => terminate(scene, state));
    await store.purge({ endedBefore: clock.now() + 1 }, 9);
    const [outcome] = await publish(scene, event(1));
    assert.deepEqual(outcome?.woken, ["other"]);
    assert.deepEqual(await mailed(scene, "other"), [1]);
  },
};

async function ended(scene: Scene, id: string, more: RunOptions = {}): Promise<void> {
  await start(scene, id, more);
  await scene.store.change(id, (state) => terminate(scene, state));
}

async function completeAll(scene: Scene, id: string): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await commit(scene, succeed(scene, await stateOf(scene, id)));
  }
}

async function stateOf({ store }: Scene, id: string): Promise<InstanceState> {
  let state: InstanceState | undefined;
  await store.change(id, (read) => {
    state = read;
    return null;
  });
  return state!;
}

async function log({ store, clock }: Scene, runId: string, text: string): Promise<void> {
  await store.appendLog([{ runId, pointerId: 1, attempt: 1, stream: "stdout", text, at: clock.now() }]);
}
