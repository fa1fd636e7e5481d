import assert from "node:assert/strict";
import {
  advance,
  assertCommitted,
  assertLeaseLost,
  claim,
  commit,
  enter,
  illegal,
  type Promises,
  release,
  sleep,
  startOwned,
  succeed,
  terminate,
} from "./scene.ts";

/** Writing transitions. */
export const commitPromises: Promises = {
  "commit() writes the header, the data and the activations it touched": async (scene) => {
    const { store } = scene;
    const advance = succeed(scene, await startOwned(scene, "run"), { output: { x: 1 }, data: { n: 2 } });
    await commit(scene, advance);
    assert.deepEqual(await store.get("run"), advance.transition.instance);
    assert.deepEqual(await store.pointers("run"), advance.transition.pointers);
  },
  "commit() refuses a stale epoch and changes nothing": async (scene) => {
    const { store } = scene;
    const late = succeed(scene, await startOwned(scene, "run"), { data: { late: true } });
    await store.change("run", (state) => terminate(scene, state));
    const before = [await store.get("run"), await store.pointers("run")];
    const [outcome] = await store.commit([late.transition]);
    assertLeaseLost(outcome, "run");
    assert.deepEqual([await store.get("run"), await store.pointers("run")], before);
  },
  "commit() of the old owner is refused once another host has claimed": async (scene) => {
    const late = succeed(scene, await startOwned(scene, "run"));
    await scene.store.removeHost("host-1");
    await enter(scene, "host-2");
    await claim(scene, "host-2");
    const [outcome] = await scene.store.commit([late.transition]);
    assertLeaseLost(outcome, "run");
  },
  "commit() of the old owner is refused even where its number would fit": async (scene) => {
    const first = succeed(scene, await startOwned(scene, "run"));
    const second = succeed(scene, first.state);
    await scene.store.removeHost("host-1");
    await enter(scene, "host-2");
    const [state] = await claim(scene, "host-2");
    assert.equal(state?.instance.sequence, second.transition.sequence - 1);
    const [outcome] = await scene.store.commit([second.transition]);
    assertLeaseLost(outcome, "run");
  },
  "commit() of a run that was purged is refused by the run that has its id now": async (scene) => {
    const { store, clock } = scene;
    const late = succeed(scene, await startOwned(scene, "run"), { output: "old", data: { old: true } });
    await store.change("run", (state) => terminate(scene, state));
    clock.advance(1);
    await store.purge({ endedBefore: clock.now() }, 9);
    const { instance, pointers } = await startOwned(scene, "run", { data: { old: false } });
    const { epoch, sequence } = late.transition;
    assert.deepEqual([instance.epoch, instance.sequence], [epoch, sequence - 1]);
    const [outcome] = await store.commit([late.transition]);
    assertLeaseLost(outcome, "run");
    assert.deepEqual(await store.get("run"), instance);
    assert.deepEqual(await store.pointers("run"), [...pointers]);
  },
  "commit() refuses a stale transition alone, in the order given": async (scene) => {
    const { store } = scene;
    const states = [];
    for (const id of ["a", "b", "c"]) states.push(await startOwned(scene, id));
    await store.change("b", (state) => terminate(scene, state));
    const outcomes = await store.commit(states.map((state) => succeed(scene, state).transition));
    assert.deepEqual(outcomes.map(({ committed }) => committed), [true, false, true]);
    assertLeaseLost(outcomes[1], "b");
  },
  "commit() writes successive transitions of one run together": async (scene) => {
    const first = succeed(scene, await startOwned(scene, "run"));
    const second = succeed(scene, first.state);
    const third = succeed(scene, second.state);
    assertCommitted(await scene.store.commit([first, second, third].map(({ transition }) => transition)));
    assert.equal((await scene.store.get("run"))?.status, "Complete");
  },
  "commit() refuses a gap in the sequence": async (scene) => {
    const first = succeed(scene, await startOwned(scene, "run"));
    const second = succeed(scene, first.state);
    const [outcome] = await scene.store.commit([second.transition]);
    assertLeaseLost(outcome, "run");
    assert.equal((await scene.store.get("run"))?.sequence, 1);
  },
  "commit() refuses the same transition twice": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    const outcomes = await scene.store.commit([transition, transition]);
    assert.deepEqual(outcomes.map(({ committed }) => committed), [true, false]);
  },
  "commit() refuses a run that does not exist": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    const [outcome] = await scene.store.commit([{
      ...transition,
      instance: { ...transition.instance, id: "other" },
    }]);
    assertLeaseLost(outcome, "other");
  },
  "a recorded step result never changes": async (scene) => {
    const first = succeed(scene, await startOwned(scene, "run"), { output: "recorded" });
    const state = await commit(scene, first);
    const [outcome] = await scene.store.commit([illegal(succeed(scene, state).transition)]);
    assert.equal(outcome?.committed, false);
    const [pointer] = await scene.store.pointers("run");
    assert.deepEqual([pointer?.output, (await scene.store.get("run"))?.sequence], ["recorded", 2]);
  },
  "commit() takes back a transition that breaks a rule, and those of its run behind it, alone": async (
    scene,
  ) => {
    const bad = await commit(scene, succeed(scene, await startOwned(scene, "bad")));
    const good = await startOwned(scene, "good");
    const breaking = succeed(scene, bad, { data: { broken: true } });
    const outcomes = await scene.store.commit([
      illegal(breaking.transition),
      succeed(scene, breaking.state).transition,
      succeed(scene, good).transition,
    ]);
    assert.deepEqual(outcomes.map(({ committed }) => committed), [false, false, true]);
    assert.deepEqual((await scene.store.get("bad"))?.data, {});
  },
  "commit() does not touch data that did not change": async (scene) => {
    const { transition } = succeed(
      scene,
      await startOwned(scene, "run", { data: { kept: 1 }, vars: { v: 1 } }),
    );
    assert.equal(transition.dataChanged, false);
    const instance = { ...transition.instance, data: { other: 2 }, vars: { v: 2 } };
    assertCommitted(await scene.store.commit([{ ...transition, instance }]));
    const { data, vars } = (await scene.store.get("run"))!;
    assert.deepEqual([data, vars], [{ kept: 1 }, { v: 1 }]);
  },
  "attributes are kept from the start on, changed by commits, and left alone by those that do not change them":
    async (
      scene,
    ) => {
      const { store } = scene;
      const attributes = { customer: "ACME \u00fc", total: 4.5, paid: false, tags: ["a", "b"] };
      const started = await startOwned(scene, "run", { attributes });
      const get = async () => (await store.get("run"))!.attributes;
      assert.deepEqual(await get(), attributes);
      const { transition } = succeed(scene, started);
      assert.equal(transition.attributesChanged, false);
      const instance = { ...transition.instance, attributes: { other: 1 } };
      assertCommitted(await store.commit([{ ...transition, instance }]));
      assert.deepEqual(await get(), attributes);
      const read = await store.change(
        "run",
        (state) => advance(scene, state, (change) => change.set({ attributes: { paid: true } }), true),
      );
      assert.equal(read!.transition.attributesChanged, true);
      assert.deepEqual(await get(), { paid: true });
      await store.change("run", (state) => {
        assert.deepEqual(state.instance.attributes, { paid: true });
        return advance(scene, state, (change) => change.set({ attributes: {} }), true);
      });
      assert.deepEqual(await get(), {});
      assert.deepEqual((await startOwned(scene, "other")).instance.attributes, {});
    },
  "commit() changes an activation in place and adds new ones behind": async (scene) => {
    const state = await startOwned(scene, "run");
    const held = await commit(
      scene,
      advance(
        scene,
        state,
        (change) => change.movePointer(1, "Running", { held: { pid: 7 }, lockName: "door" }),
      ),
    );
    const kept = async () =>
      (await scene.store.pointers("run")).map((
        { id, status, held, lockName },
      ) => [id, status, held, lockName]);
    assert.deepEqual(await kept(), [[1, "Running", { pid: 7 }, "door"]]);
    await commit(scene, succeed(scene, held));
    assert.deepEqual(await kept(), [[1, "Complete", null, "door"], [2, "Running", null, null]]);
  },
  "commit() for a host that is no longer entered leaves the run free": async (scene) => {
    const advance = succeed(scene, await startOwned(scene, "run"));
    await scene.store.removeHost("host-1");
    await commit(scene, advance);
    await enter(scene, "host-2");
    assert.equal((await claim(scene, "host-2")).length, 1);
  },
  "a run that is released is claimed at once": async (scene) => {
    const state = await startOwned(scene, "run");
    await commit(scene, release(scene, state));
    await enter(scene, "host-2");
    assert.equal((await claim(scene, "host-2")).length, 1);
  },
  "a sleeper keeps its due time and no owner": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 500));
    const { owner, nextWake } = (await scene.store.get("run"))!;
    assert.deepEqual([owner, nextWake], [null, scene.clock.now() + 500]);
  },
  "commit() of nothing does nothing": async ({ store }) => {
    assert.deepEqual(await store.commit([]), []);
  },
};
