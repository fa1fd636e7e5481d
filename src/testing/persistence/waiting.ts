import assert from "node:assert/strict";
import { advance, changeRun, type Promises, startOwned, terminate } from "./scene.ts";
import { longestKey } from "../longest_key.ts";
import {
  beginWait,
  cancelWait,
  drain,
  event,
  mailed,
  publish,
  readEvents,
  startWaiting,
  wait,
} from "./waits.ts";

/** Waiting for events: which come, in what order, and to which wait. */
export const waitingPromises: Promises = {
  "an event from before the start is in the mailbox when create() resolves": async (scene) => {
    await publish(scene, event(1));
    assert.equal((await startWaiting(scene, "run")).instance.inboxSeq, 1);
    assert.deepEqual(await mailed(scene, "run"), [1]);
    assert.equal(await scene.store.nextDue(), scene.clock.now());
  },
  "an event from before the wait began is mailed with the commit that begins it": async (scene) => {
    const state = await startOwned(scene, "run");
    await publish(scene, event(1));
    const { transition } = advance(scene, state, (change) => beginWait(change, wait()));
    assert.deepEqual(await scene.store.commit([transition]), [{ committed: true, inboxSeq: 1, woken: [] }]);
    assert.deepEqual(await mailed(scene, "run"), [1]);
  },
  "a wait passes over events from before `since`": async (scene) => {
    const now = scene.clock.now();
    const times = [now - 2, now + 2, now - 1, now + 1];
    await publish(scene, ...times.map((time) => event(time, { time })));
    await startWaiting(scene, "run", [wait({ since: now })]);
    assert.deepEqual(await drain(scene, "run"), [[now + 2], [now + 1]]);
  },
  "successive waits take the events from before them one after the other": async (scene) => {
    await publish(scene, ...[1, 2, 3].map((n) => event(n)));
    await startWaiting(scene, "run");
    assert.deepEqual(await drain(scene, "run"), [[1], [2], [3]]);
  },
  "an event is found by the longest name and key, and told from others by the longest message id": async (
    scene,
  ) => {
    const [name, key, messageId] = [longestKey(1), longestKey(2), longestKey(3)];
    const runs = ["before", "x".repeat(128)];
    await startWaiting(scene, runs[0]!, [wait({ name, key })]);
    await publish(scene, event(1, { name, key, messageId }), event(2, { name, key, messageId }));
    await startWaiting(scene, runs[1]!, [wait({ name, key })]);
    for (const run of runs) assert.deepEqual(await drain(scene, run), [[1]]);
  },
  "one event never satisfies two waits of a run": async (scene) => {
    await startWaiting(scene, "run", [wait(), wait()]);
    await publish(scene, event(1));
    assert.deepEqual(await mailed(scene, "run"), [1]);
    assert.deepEqual(await drain(scene, "run", false), [[1]]);
    await publish(scene, event(2));
    assert.deepEqual(await drain(scene, "run", false), [[2]]);
    await publish(scene, event(3));
    assert.deepEqual(await mailed(scene, "run"), []);
  },
  "one event never satisfies two successive waits of a run": async (scene) => {
    await publish(scene, event(1));
    await startWaiting(scene, "run");
    await drain(scene, "run", false);
    await changeRun(scene, "run", (change) => beginWait(change, wait()));
    assert.deepEqual(await mailed(scene, "run"), []);
  },
  "two waits at once get two events from before them": async (scene) => {
    await publish(scene, event(1), event(2), event(3));
    await startWaiting(scene, "run", [wait(), wait()]);
    assert.deepEqual((await drain(scene, "run", false)).flat(), [1, 2]);
    assert.deepEqual(await mailed(scene, "run"), []);
  },
  "every run that waits gets the event, whenever its wait began": async (scene) => {
    await startWaiting(scene, "before");
    await publish(scene, event(1));
    await startWaiting(scene, "after");
    for (const id of ["before", "after"]) assert.deepEqual(await drain(scene, id), [[1]]);
  },
  "events from before and after a wait began come in the order of publishing": async (scene) => {
    await publish(scene, event(1), event(2));
    await startWaiting(scene, "run");
    await publish(scene, event(3));
    assert.deepEqual((await drain(scene, "run")).flat(), [1, 2, 3]);
  },
  "so they do where two wait at once": async (scene) => {
    await publish(scene, event(1), event(2));
    await startWaiting(scene, "run", [wait(), wait()]);
    await publish(scene, event(3));
    assert.deepEqual((await drain(scene, "run", false)).flat(), [1, 2]);
  },
  "quick events to a looped wait are delivered each, in order": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, ...[1, 2, 3].map((n) => event(n)));
    const [first] = await drain(scene, "run", false);
    await publish(scene, event(4));
    await changeRun(scene, "run", (change) => beginWait(change, wait()));
    await publish(scene, event(5));
    assert.deepEqual([first, (await drain(scene, "run")).flat()], [[1], [2, 3, 4, 5]]);
  },
  "an event that comes while another is taken is kept, once": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, event(1), event(2));
    assert.deepEqual(await readEvents(scene, "run", { limit: 1, again: true }), [1]);
    assert.deepEqual(await mailed(scene, "run"), [2]);
  },
  "a message says how far the run has taken events of its name and key": async (scene) => {
    const { store } = scene;
    await startWaiting(scene, "run", [wait(), wait(), wait({ name: "other" })]);
    const [first] = await publish(scene, event(1), event(2), event(3, { name: "other" }));
    const cursors = async () =>
      (await store.mail("run", 0)).map((message) => message.kind === "event" ? message.cursor : null);
    assert.deepEqual(await cursors(), [0, 0, 0]);
    await readEvents(scene, "run", { limit: 1 });
    assert.deepEqual(await cursors(), [first?.seq, 0]);
  },
  "a wait that has ended gets nothing": async (scene) => {
    await startWaiting(scene, "run", [wait(), wait({ key: "other" })]);
    await changeRun(scene, "run", (change) => cancelWait(change, 1));
    await publish(scene, event(1), event(2, { key: "other" }));
    assert.deepEqual(await mailed(scene, "run"), [2]);
  },
  "where a wait ends with nothing, another that counts later events only gets its own": async (scene) => {
    await publish(scene, event("early", { time: 50 }), event("late", { time: 150 }));
    await startWaiting(scene, "run", [wait({ since: 0 }), wait({ since: 100 })]);
    await changeRun(scene, "run", (change) => cancelWait(change, 1));
    assert.deepEqual((await drain(scene, "run", false)).flat(), ["late"]);
  },
  "an event counts that is not too early for one of the waits": async (scene) => {
    for (const [id, sinces] of [["a", [0, 100]], ["b", [100, 0]]] as const) {
      await startWaiting(scene, id, sinces.map((since) => wait({ since })));
    }
    const [outcome] = await publish(scene, event("early", { time: 50 }));
    assert.deepEqual(outcome?.woken.toSorted(), ["a", "b"]);
    await startWaiting(scene, "c", [100, 0].map((since) => wait({ since })));
    assert.deepEqual(await mailed(scene, "c"), ["early"]);
  },
  "an event that is taken behind a later one does not move the run back": async (scene) => {
    const [, second] = await publish(scene, event(1), event(2), event(3));
    await startWaiting(scene, "run", [wait(), wait()]);
    const [first] = await scene.store.mail("run", 0);
    assert.ok(first?.kind === "event");
    const { event: early } = first;
    await changeRun(scene, "run", (change) => {
      change.set({ inboxRead: first.seq });
      change.take({ ...early, seq: second!.seq });
      change.take(early);
      for (const id of [1, 2]) cancelWait(change, id);
      beginWait(change, wait());
    });
    assert.deepEqual((await drain(scene, "run")).flat(), [3]);
  },
  "a run that has ended gets nothing": async (scene) => {
    await startWaiting(scene, "run");
    await scene.store.change("run", (state) => terminate(scene, state));
    const [outcome] = await publish(scene, event(1));
    assert.deepEqual([outcome?.woken, await mailed(scene, "run")], [[], []]);
  },
};
