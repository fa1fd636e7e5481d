import assert from "node:assert/strict";
import { parkInstance, releaseInstance } from "../../instance/claim.ts";
import { readMail, terminateInstance } from "../../instance/control.ts";
import {
  assertLeaseLost,
  claim,
  commit,
  enter,
  moment,
  type Promises,
  sleep,
  start,
  startOwned,
  succeed,
  ttl,
} from "./scene.ts";

/** Mailboxes, changes from outside, parking and due times. */
export const controlPromises: Promises = {
  "send() numbers the messages of a run": async (scene) => {
    const { store } = scene;
    await start(scene, "run");
    await store.send("run", "suspend", "a reason");
    await store.send("run", "resume", null);
    const mail = [{ seq: 1, intent: "suspend", reason: "a reason" }, {
      seq: 2,
      intent: "resume",
      reason: null,
    }];
    assert.deepEqual(await store.mail("run", 0), mail);
    assert.deepEqual(await store.mail("run", 1), mail.slice(1));
    assert.equal((await store.get("run"))?.inboxSeq, 2);
  },
  "send() makes a sleeping run due": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    await scene.store.send("run", "cancel", null);
    assert.equal(await scene.store.nextDue(), scene.clock.now());
  },
  "send() puts off no run that is due already": async (scene) => {
    await start(scene, "run");
    scene.clock.advance(10);
    await scene.store.send("run", "cancel", null);
    assert.equal(await scene.store.nextDue(), 0);
  },
  "send() to a run that does not exist is refused": async ({ store }) => {
    await assert.rejects(store.send("unknown", "cancel", null), { code: "RUN_NOT_FOUND", runId: "unknown" });
    assert.deepEqual(await store.mail("unknown", 0), []);
  },
  "commit() tells the number of the last message": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    await scene.store.send("run", "suspend", null);
    assert.deepEqual(await scene.store.commit([transition]), [{ committed: true, inboxSeq: 1 }]);
  },
  "commit() does not sleep over a message that came meanwhile": async (scene) => {
    const advance = sleep(scene, await startOwned(scene, "run"), 5000);
    await scene.store.send("run", "cancel", null);
    await commit(scene, advance);
    assert.equal(await scene.store.nextDue(), scene.clock.now());
    assert.equal((await claim(scene, "host-1")).length, 1);
  },
  "a message that was read lets the run sleep": async (scene) => {
    const { store, clock } = scene;
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    await store.send("run", "resume", null);
    const [state] = await claim(scene, "host-1");
    await commit(scene, readMail(state!, await store.mail("run", 0), moment(clock)));
    assert.equal(await store.nextDue(), clock.now() + 5000);
  },
  "a run released with a message unread stays due": async (scene) => {
    const state = await startOwned(scene, "run");
    await scene.store.send("run", "suspend", null);
    await commit(scene, releaseInstance(state, moment(scene.clock)));
    assert.equal((await claim(scene, "host-1")).length, 1);
  },
  "change() writes what follows from the run as it is": async (scene) => {
    const { store, clock } = scene;
    await startOwned(scene, "run");
    const advance = await store.change("run", (state) => terminateInstance(state, "enough", moment(clock)));
    const kept = await store.get("run");
    assert.deepEqual([kept?.status, kept?.reason, kept?.epoch], ["Terminated", "enough", 2]);
    assert.deepEqual(advance?.state.instance, kept);
  },
  "change() to a higher epoch fences the owner": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    await scene.store.change("run", (state) => terminateInstance(state, null, moment(scene.clock)));
    assertLeaseLost((await scene.store.commit([transition]))[0], "run");
  },
  "change() that answers null writes nothing": async (scene) => {
    await start(scene, "run");
    assert.equal(await scene.store.change("run", () => null), null);
    assert.equal((await scene.store.get("run"))?.sequence, 1);
  },
  "change() that throws writes nothing and passes the error on": async (scene) => {
    await start(scene, "run");
    const refuse = () => {
      throw new RangeError("refused");
    };
    await assert.rejects(scene.store.change("run", refuse), RangeError);
    await scene.store.change("run", () => null);
    assert.equal((await scene.store.get("run"))?.sequence, 1);
  },
  "change() of a run that does not exist is refused": async ({ store }) => {
    await assert.rejects(store.change("unknown", () => null), { code: "RUN_NOT_FOUND" });
  },
  "a parked run is due at no time, until its definition is unparked": async (scene) => {
    const { store, clock } = scene;
    await commit(scene, parkInstance(await startOwned(scene, "run"), "no code", moment(clock)));
    assert.equal(await store.nextDue(), null);
    assert.equal((await store.get("run"))?.parkedReason, "no code");
    await store.unpark("other");
    assert.equal(await store.nextDue(), null);
    await store.unpark("contract");
    assert.equal(await store.nextDue(), clock.now());
    assert.equal((await claim(scene, "host-1"))[0]?.instance.parkedReason, null);
  },
  "unpark() leaves runs alone that are not parked": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    await scene.store.unpark("contract");
    assert.equal(await scene.store.nextDue(), scene.clock.now() + 5000);
  },
  "nextDue() is null where nothing will ever be due": async (scene) => {
    assert.equal(await scene.store.nextDue(), null);
    await start(scene, "run");
    await scene.store.change("run", (state) => terminateInstance(state, null, moment(scene.clock)));
    assert.equal(await scene.store.nextDue(), null);
  },
  "nextDue() is the earliest due time": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "late"), 5000));
    await commit(scene, sleep(scene, await startOwned(scene, "early"), 3000));
    assert.equal(await scene.store.nextDue(), scene.clock.now() + 3000);
    assert.equal(await scene.store.nextDue(["late", "unknown"]), scene.clock.now() + 5000);
    assert.equal(await scene.store.nextDue([]), null);
  },
  "nextDue() of a run with a living owner is the end of the owner's heartbeat": async (scene) => {
    const { store, clock } = scene;
    await startOwned(scene, "run");
    assert.equal(await store.nextDue(), clock.now() + ttl);
    assert.equal(await store.nextDue(["run"]), clock.now() + ttl);
    await store.removeHost("host-1");
    assert.equal(await store.nextDue(), 0);
  },
  "renewHost() tells a host that it was taken out meanwhile": async ({ store, clock }) => {
    const host = { incarnation: "host-9", pid: 9 };
    assert.equal(await store.renewHost(host, ttl), false);
    assert.equal(await store.renewHost(host, ttl), true);
    clock.advance(ttl);
    await store.renewHost({ incarnation: "other", pid: 1 }, ttl);
    await store.claim({ incarnation: "other", limit: 1, take: () => assert.fail("nothing is due") });
    assert.equal(await store.renewHost(host, ttl), false);
  },
  "ownerOf() names the living owner": async (scene) => {
    const { store, clock } = scene;
    await enter(scene, "host-7", 77);
    await start(scene, "run");
    assert.equal(await store.ownerOf("run"), null);
    await claim(scene, "host-7");
    assert.deepEqual(await store.ownerOf("run"), { incarnation: "host-7", pid: 77 });
    clock.advance(ttl);
    assert.equal(await store.ownerOf("run"), null);
    assert.equal(await store.ownerOf("unknown"), null);
  },
  "a host that was taken for dead may enter again, without its runs": async (scene) => {
    await startOwned(scene, "run");
    scene.clock.advance(ttl);
    await enter(scene, "host-2");
    await claim(scene, "host-2");
    await enter(scene, "host-1");
    assert.deepEqual((await scene.store.ownerOf("run"))?.incarnation, "host-2");
  },
  "removeHost() of an unknown host does nothing": async ({ store }) => {
    await store.removeHost("unknown");
  },
};
