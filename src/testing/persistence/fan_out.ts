import assert from "node:assert/strict";
import type { InstanceState } from "../../instance/instance_state.ts";
import { advance, assertCommitted, type Promises, type Scene } from "./scene.ts";
import { drain, event, mailed, publish, startWaiting } from "./waits.ts";

/** Three more than get an event at once. */
const many = Array.from({ length: 1_003 }, (_, n) => `run-${n}`);

/** Events that more runs wait for than one transaction serves. */
export const fanOutPromises: Promises = {
  "an event reaches 1,000 runs at once and the others in chunks, through any host": async (scene) => {
    for (const id of many) await startWaiting(scene, id);
    const [outcome] = await publish(scene, event(1));
    const other = await scene.connect();
    const chunks = [outcome!.woken, await other.fanOut(2), await scene.store.fanOut(2)];
    assert.deepEqual(chunks.map(({ length }) => length), [1_000, 2, 1]);
    assert.deepEqual(chunks.flat().toSorted(), many.toSorted());
    assert.deepEqual(await scene.store.fanOut(9), []);
    for (const id of many) assert.equal((await scene.store.get(id))?.inboxSeq, 1, id);
    assert.deepEqual(await mailed(scene, many.at(-1)!), [1]);
  },
  "an event is kept while it is under way, though it is in no mailbox": async (scene) => {
    const { store, clock } = scene;
    const states: InstanceState[] = [];
    for (const id of many) states.push(await startWaiting(scene, id));
    await publish(scene, event(1));
    const read = (some: readonly InstanceState[]) =>
      some.map((state) => advance(scene, state, (change) => change.set({ inboxRead: 1 })).transition);
    assertCommitted(await store.commit(read(states.slice(0, 1_000))));
    clock.advance(1);
    assert.equal(await store.forgetEvents(clock.now(), 9), 0);
    await fanOutAll(scene);
    assertCommitted(await store.commit(read(states.slice(1_000))));
    assert.equal(await store.forgetEvents(clock.now(), 9), 1);
  },
  "while an event is under way, what follows does not overtake it": async (scene) => {
    for (const id of many) await startWaiting(scene, id);
    await publish(scene, event(1));
    for (const id of many.slice(0, 4)) await drain(scene, id, false);
    await publish(scene, event(2));
    await startWaiting(scene, "late");
    await fanOutAll(scene);
    for (const id of [many[9]!, many.at(-1)!, "late"]) {
      assert.deepEqual((await drain(scene, id)).flat(), [1, 2], id);
    }
    await fanOutAll(scene);
    for (const id of [many.at(-1)!, "late"]) assert.deepEqual(await mailed(scene, id), []);
  },
  "fanOut() with nothing under way does nothing": async (scene) => {
    await startWaiting(scene, "run");
    await publish(scene, event(1));
    assert.deepEqual(await scene.store.fanOut(9), []);
  },
};

async function fanOutAll({ store }: Scene): Promise<void> {
  while ((await store.fanOut(1_000)).length > 0);
}
