import assert from "node:assert/strict";
import {
  claim,
  commit,
  enter,
  type Promises,
  readMail,
  release,
  sleep,
  start,
  startOwned,
  succeed,
} from "./scene.ts";

/** Messages to runs. */
export const mailboxPromises: Promises = {
  "send() numbers the messages of a run": async (scene) => {
    const { store } = scene;
    await start(scene, "run");
    await store.send("run", { kind: "suspend", reason: "a reason" });
    await store.send("run", { kind: "resume", reason: null });
    const mail = [{ seq: 1, kind: "suspend", reason: "a reason" }, { seq: 2, kind: "resume", reason: null }];
    assert.deepEqual(await store.mail("run", 0), mail);
    assert.deepEqual(await store.mail("run", 1), mail.slice(1));
    assert.equal((await store.get("run"))?.inboxSeq, 2);
  },
  "send() makes a sleeping run due": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    await scene.store.send("run", { kind: "cancel", reason: null });
    assert.equal(await scene.store.nextDue(), scene.clock.now());
  },
  "send() puts off no run that is due already": async (scene) => {
    await start(scene, "run");
    scene.clock.advance(10);
    await scene.store.send("run", { kind: "cancel", reason: null });
    assert.equal(await scene.store.nextDue(), 0);
  },
  "send() to a run that does not exist is refused": async ({ store }) => {
    await assert.rejects(store.send("unknown", { kind: "cancel", reason: null }), {
      code: "RUN_NOT_FOUND",
      runId: "unknown",
    });
    assert.deepEqual(await store.mail("unknown", 0), []);
  },
  "commit() tells the number of the last message": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    await scene.store.send("run", { kind: "suspend", reason: null });
    assert.deepEqual(await scene.store.commit([transition]), [{ committed: true, inboxSeq: 1, woken: [] }]);
  },
  "commit() does not sleep over a message that came meanwhile": async (scene) => {
    const advance = sleep(scene, await startOwned(scene, "run"), 5000);
    await scene.store.send("run", { kind: "cancel", reason: null });
    await commit(scene, advance);
    assert.equal(await scene.store.nextDue(), scene.clock.now());
    assert.equal((await claim(scene, "host-1")).length, 1);
  },
  "a message that was read lets the run sleep": async (scene) => {
    const { store, clock } = scene;
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    await store.send("run", { kind: "resume", reason: null });
    const [state] = await claim(scene, "host-1");
    await commit(scene, readMail(scene, state!, 1));
    assert.equal(await store.nextDue(), clock.now() + 5000);
  },
  "a run released with a message unread stays due": async (scene) => {
    const state = await startOwned(scene, "run");
    await scene.store.send("run", { kind: "suspend", reason: null });
    await commit(scene, release(scene, state));
    assert.equal((await claim(scene, "host-1")).length, 1);
  },
  "messages that were read are gone, those behind them are not": async (scene) => {
    const { store } = scene;
    const state = await startOwned(scene, "run");
    for (const reason of ["1", "2", "3"]) await store.send("run", { kind: "suspend", reason });
    await commit(scene, readMail(scene, state, 2));
    assert.deepEqual(await store.mail("run", 0), [{ seq: 3, kind: "suspend", reason: "3" }]);
    assert.equal((await store.get("run"))?.inboxSeq, 3);
  },
  "a transition that reads nothing leaves the mailbox as it is": async (scene) => {
    const { store } = scene;
    const state = await startOwned(scene, "run");
    await store.send("run", { kind: "suspend", reason: null });
    await commit(scene, succeed(scene, state));
    assert.equal((await store.mail("run", 0)).length, 1);
  },
  "a message keeps its number when those before it were read": async (scene) => {
    const { store } = scene;
    const state = await startOwned(scene, "run");
    await store.send("run", { kind: "suspend", reason: null });
    await commit(scene, readMail(scene, state, 1));
    await store.send("run", { kind: "resume", reason: null });
    assert.deepEqual((await store.mail("run", 0)).map(({ seq }) => seq), [2]);
  },
  "unread() names the runs of a host that have mail to be read": async (scene) => {
    const { store } = scene;
    const states = new Map<string, Awaited<ReturnType<typeof startOwned>>>();
    for (const id of ["a", "b", "c"]) states.set(id, await startOwned(scene, id));
    await enter(scene, "host-2");
    await start(scene, "other", { owner: "host-2" });
    await start(scene, "free");
    assert.deepEqual(await store.unread("host-1"), []);
    for (const id of ["a", "c", "c", "other", "free"]) {
      await store.send(id, { kind: "suspend", reason: null });
    }
    assert.deepEqual((await store.unread("host-1")).toSorted(), ["a", "c"]);
    assert.deepEqual(await store.unread("unknown"), []);
    await commit(scene, readMail(scene, states.get("c")!, 1));
    assert.deepEqual((await store.unread("host-1")).toSorted(), ["a", "c"]);
    await commit(scene, release(scene, states.get("a")!));
    assert.deepEqual(await store.unread("host-1"), ["c"]);
  },
};
