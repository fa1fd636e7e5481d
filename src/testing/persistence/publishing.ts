import assert from "node:assert/strict";
import { awkward } from "./awkward.ts";
import {
  advance,
  assertLeaseLost,
  changeRun,
  commit,
  newRun,
  type Promises,
  startOwned,
  terminate,
} from "./scene.ts";
import { beginWait, drain, event, mailed, publish, startWaiting, wait } from "./waits.ts";

/** Publishing events, and forgetting them. */
export const publishingPromises: Promises = {
  "publish() numbers events in the order of publishing": async (scene) => {
    const outcomes = await publish(scene, event(1), event(2, { name: "other" }), event(3));
    const seqs = outcomes.map(({ seq }) => seq);
    assert.deepEqual(seqs.toSorted((a, b) => a - b), seqs);
    assert.equal(new Set(seqs).size, 3);
    assert.deepEqual(outcomes.map(({ existed, woken }) => [existed, woken]), [[false, []], [false, []], [
      false,
      [],
    ]]);
  },
  "publish() mails each run that waits, and makes it due": async (scene) => {
    const { store, clock } = scene;
    for (const id of ["a", "b"]) await startWaiting(scene, id);
    clock.advance(5);
    assert.equal(await store.nextDue(), null);
    const [outcome] = await publish(scene, event({ amount: 7 }));
    assert.deepEqual(outcome?.woken.toSorted(), ["a", "b"]);
    const told = { name: "paid", key: "order-7", data: { amount: 7 }, time: clock.now(), seq: outcome?.seq };
    for (const id of ["a", "b"]) {
      assert.deepEqual(await store.mail(id, 0), [{ seq: 1, kind: "event", event: told, cursor: 0 }]);
      assert.equal((await store.get(id))?.inboxSeq, 1);
    }
    assert.equal(await store.nextDue(), clock.now());
  },
  "publish() leaves runs alone that wait for another name or key": async (scene) => {
    const others = [{ name: "Paid" }, { key: "order" }, { name: "order-7", key: "paid" }, { key: "" }];
    await startWaiting(scene, "run", others.map(wait));
    const [outcome] = await publish(scene, event(1));
    assert.deepEqual(outcome?.woken, []);
    assert.equal((await scene.store.get("run"))?.inboxSeq, 0);
  },
  "names and keys are told apart whatever they hold": async (scene) => {
    await startWaiting(scene, "run", [wait({ name: "a:b", key: "c" }), wait({ name: "ä'\"", key: "%_\\" })]);
    await publish(scene, event(1, { name: "a", key: "b:c" }), event(2, { name: "ä'\"", key: "%x\\" }));
    assert.deepEqual(await mailed(scene, "run"), []);
    await publish(scene, event(3, { name: "a:b", key: "c" }), event(4, { name: "ä'\"", key: "%_\\" }));
    assert.deepEqual(await mailed(scene, "run"), [3, 4]);
  },
  "what an event says comes back as it was": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, event(awkward), event(null), event("text"), event([[]]));
    assert.deepEqual(await mailed(scene, "run"), [awkward, null, "text", [[]]]);
  },
  "an event that happened before `since` does not count, one of that time does": async (scene) => {
    const now = scene.clock.now();
    await startWaiting(scene, "run", [wait({ since: now })]);
    await publish(scene, event("early", { time: now - 1 }), event("late", { time: now }));
    assert.deepEqual(await mailed(scene, "run"), ["late"]);
  },
  "events come in the order of publishing, whenever they happened": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, event(1, { time: 30 }), event(2, { time: 10 }), event(3, { time: 20 }));
    assert.deepEqual(await mailed(scene, "run"), [1, 2, 3]);
  },
  "a message id is one event, however often it is published": async (scene) => {
    await startWaiting(scene, "run");
    const [first, second, other] = await publish(
      scene,
      event(1, { messageId: "m" }),
      event(2, { messageId: "m", key: "other" }),
      event(3, { messageId: "n" }),
    );
    assert.deepEqual(second, { seq: first?.seq, existed: true, woken: [] });
    assert.equal(other?.existed, false);
    assert.deepEqual(await mailed(scene, "run"), [1, 3]);
  },
  "commit() that publishes very many events sends each of them": async (scene) => {
    await startWaiting(scene, "run", [wait({ key: "19999" })]);
    const state = await startOwned(scene, "publisher");
    const change = advance(scene, state, (change) => {
      for (let n = 0; n < 20_000; n++) change.publish(event(n, { key: `${n}` }));
    });
    await commit(scene, change);
    assert.deepEqual(await mailed(scene, "run"), [19_999]);
  },
  "of many publish() with one message id at once, one is kept": async (scene) => {
    await startWaiting(scene, "run");
    const stores = [scene.store, await scene.connect(), scene.store, await scene.connect()];
    const outcomes = await Promise.all(stores.map((store, n) => store.publish(event(n, { messageId: "m" }))));
    assert.equal(outcomes.filter(({ existed }) => !existed).length, 1);
    assert.equal(new Set(outcomes.map(({ seq }) => seq)).size, 1);
    assert.equal((await mailed(scene, "run")).length, 1);
  },

  "what a commit publishes is mailed with it, and it tells to whom": async (scene) => {
    await startWaiting(scene, "waiting");
    const state = await startOwned(scene, "run");
    const { transition } = advance(scene, state, (change) => {
      change.publish(event(1));
      change.publish(event(2));
      change.publish(event(3, { key: "other" }));
    });
    const [outcome] = await scene.store.commit([transition]);
    assert.deepEqual(outcome, { committed: true, inboxSeq: 0, woken: ["waiting"] });
    assert.deepEqual(await mailed(scene, "waiting"), [1, 2]);
    await startWaiting(scene, "later", [wait({ key: "other" })]);
    assert.deepEqual(await mailed(scene, "later"), [3]);
  },
  "a commit skips what it publishes under a known message id": async (scene) => {
    await startWaiting(scene, "waiting");
    await publish(scene, event(1, { messageId: "m" }));
    const state = await startOwned(scene, "run");
    await commit(
      scene,
      advance(scene, state, (change) => {
        change.publish(event(2, { messageId: "m" }));
        change.publish(event(3, { messageId: "n" }));
      }),
    );
    assert.deepEqual(await mailed(scene, "waiting"), [1, 3]);
    const [again] = await publish(scene, event(4, { messageId: "n" }));
    assert.equal(again?.existed, true);
  },
  "a commit that is refused publishes nothing": async (scene) => {
    await startWaiting(scene, "waiting");
    const state = await startOwned(scene, "run");
    const { transition } = advance(scene, state, (change) => change.publish(event(1)));
    await scene.store.change("run", (state) => terminate(scene, state));
    const [outcome] = await scene.store.commit([transition]);
    assertLeaseLost(outcome, "run");
    assert.deepEqual(await mailed(scene, "waiting"), []);
  },
  "a run gets what it publishes itself, once, and the commit says so": async (scene) => {
    const state = await startOwned(scene, "run", {}, (change) => beginWait(change, wait()));
    const { transition } = advance(scene, state, (change) => {
      beginWait(change, wait({ key: "other" }));
      change.publish(event(1));
      change.publish(event(2, { key: "other" }));
    });
    assert.deepEqual(await scene.store.commit([transition]), [
      { committed: true, inboxSeq: 2, woken: ["run"] },
    ]);
    assert.deepEqual(await mailed(scene, "run"), [1, 2]);
  },
  "create() and change() publish too": async (scene) => {
    await startWaiting(scene, "waiting");
    await startOwned(scene, "run", {}, (change) => change.publish(event(1)));
    await changeRun(scene, "run", (change) => change.publish(event(2)));
    await scene.store.create(
      newRun(scene.clock, "other", {}, (change) => change.publish(event(3))).transition,
    );
    assert.deepEqual(await mailed(scene, "waiting"), [1, 2, 3]);
  },

  "forgetEvents() forgets what the store got before a time, whenever it happened": async (scene) => {
    const { store, clock } = scene;
    const now = clock.now();
    await publish(scene, event(1, { time: 1 }), event(2, { time: now + 1_000_000 }));
    assert.equal(await store.forgetEvents(now, 9), 0);
    clock.advance(1);
    await publish(scene, event(3, { time: 1 }));
    assert.equal(await store.forgetEvents(now + 1, 9), 2);
    await startWaiting(scene, "run");
    assert.deepEqual((await drain(scene, "run")).flat(), [3]);
  },
  "forgetEvents() forgets the message ids too": async (scene) => {
    await publish(scene, event(1, { messageId: "m" }));
    scene.clock.advance(1);
    await scene.store.forgetEvents(scene.clock.now(), 9);
    const [again] = await publish(scene, event(2, { messageId: "m" }));
    assert.equal(again?.existed, false);
  },
  "forgetEvents() forgets no more than the limit, the oldest first": async (scene) => {
    await publish(scene, ...[1, 2, 3].map((n) => event(n)));
    scene.clock.advance(1);
    assert.equal(await scene.store.forgetEvents(scene.clock.now(), 2), 2);
    await startWaiting(scene, "run");
    assert.deepEqual((await drain(scene, "run")).flat(), [3]);
  },
  "forgetEvents() keeps what is in a mailbox, until it is read": async (scene) => {
    const { store, clock } = scene;
    await startWaiting(scene, "run");
    await publish(scene, event(1), event(2, { key: "other" }));
    clock.advance(1);
    assert.equal(await store.forgetEvents(clock.now(), 9), 1);
    assert.deepEqual(await drain(scene, "run", false), [[1]]);
    assert.equal(await store.forgetEvents(clock.now(), 9), 1);
    assert.equal(await store.forgetEvents(clock.now(), 9), 0);
  },
  "forgetEvents() does not stop at an event that is kept": async (scene) => {
    const { store, clock } = scene;
    await startWaiting(scene, "run");
    await publish(scene, event(1), ...[2, 3].map((n) => event(n, { key: "other" })));
    clock.advance(1);
    assert.equal(await store.forgetEvents(clock.now(), 2), 2);
  },
  "what was taken stays taken when its event is forgotten": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, event(1));
    await drain(scene, "run");
    scene.clock.advance(1);
    await scene.store.forgetEvents(scene.clock.now(), 9);
    await publish(scene, event(2));
    assert.deepEqual((await drain(scene, "run")).flat(), [2]);
  },
};
