import assert from "node:assert/strict";
import type { Pointer } from "../../instance/instance.ts";
import type { InstanceState } from "../../instance/instance_state.ts";
import { isSettled } from "../../instance/status.ts";
import type { Change } from "../../instance/transition.ts";
import {
  advance,
  assertCommitted,
  changeRun,
  claim,
  enter,
  newRun,
  type Promises,
  type Scene,
  start,
  startOwned,
  stored,
} from "./scene.ts";

/** Activations: which a host is given, which are kept, and that what is recorded stays. */
export const pointerPromises: Promises = {
  "a host is given the activations that are open, whatever their status, and no others": async (scene) => {
    await start(scene, "run", {}, (change) => {
      for (const status of ["Complete", "Waiting", "Failed", "Cancelled"] as const) {
        make(change, { status, open: true });
        if (isSettled(status)) make(change, { status, open: false });
      }
      make(change, { status: "Sleeping", dueAt: scene.clock.now() + 500 });
    });
    const open = (await scene.store.pointers("run")).filter(({ open }) => open);
    assert.deepEqual(open.map(({ status }) => status), [
      "Complete",
      "Waiting",
      "Failed",
      "Cancelled",
      "Sleeping",
    ]);
    await scene.store.change("run", ({ pointers }) => {
      assert.deepEqual([...pointers], open);
      return null;
    });
    await scene.store.send("run", { kind: "resume", reason: null });
    await enter(scene, "host-1");
    const [state] = await claim(scene, "host-1");
    assert.deepEqual([...state!.pointers], open);
  },
  "an activation that is released is open no more, and nothing else of it changes": async (scene) => {
    await start(scene, "run", {}, (change) => {
      for (const output of [1, 2, 3]) make(change, { status: "Complete", output });
      make(change, { status: "Waiting" });
    });
    const before = await scene.store.pointers("run");
    await changeRun(scene, "run", (change) => [1, 3].forEach((id) => change.release(id)));
    const released = before.map((pointer) => pointer.id % 2 ? { ...pointer, open: false } : pointer);
    assert.deepEqual(await scene.store.pointers("run"), released);
    assert.deepEqual(await openIds(scene), [2, 4]);
  },
  "an activation may be released in the transition that settles it": async (scene) => {
    await start(scene, "run", {}, (change) => [1, 2].forEach(() => make(change, { status: "Waiting" })));
    await changeRun(scene, "run", (change) => {
      change.movePointer(1, "Complete", { open: true });
      change.release(1);
      change.movePointer(2, "Complete", { open: true });
    });
    assert.deepEqual(await openIds(scene), [2]);
  },
  "what failed or was cancelled may be opened again, what is complete never": async (scene) => {
    const statuses = ["Failed", "Skipped", "Cancelled", "Compensated"] as const;
    await start(scene, "run", {}, (change) => statuses.forEach((status) => make(change, { status })));
    await changeRun(scene, "run", (change) => {
      for (const { id } of change.pointers) change.movePointer(id, "Pending", { endedAt: null, order: null });
    });
    const after = (await scene.store.pointers("run")).map(({ status }) => status);
    assert.deepEqual(after, ["Pending", "Pending", "Pending", "Pending"]);
  },
  "the status of what is complete never changes, nor its output": async (scene) => {
    const state = await startOwned(scene, "run", {}, (change) => {
      make(change, { status: "Complete", output: { recorded: true } });
      make(change, { status: "Waiting" });
    });
    const before = await scene.store.pointers("run");
    const { transition } = advance(scene, state, (change) => change.keep(1));
    const [pointer] = transition.pointers;
    for (const change of [{ status: "Pending" }, { status: "Failed" }, { output: "other" }] as const) {
      const [outcome] = await scene.store.commit([{ ...transition, pointers: [{ ...pointer!, ...change }] }]);
      assert.equal(outcome?.committed, false, JSON.stringify(change));
    }
    assert.deepEqual(await scene.store.pointers("run"), before);
    assertCommitted(await scene.store.commit([transition]));
  },
  "pointers of 1,000 branches come back, and may be released together": async (scene) => {
    const items = Array.from({ length: 1_000 }, (_, branch) => branch);
    await start(scene, "run", {}, (change) => {
      make(change, { status: "Waiting", join: { total: 1_000, done: 0, first: 2 } });
      for (const item of items) make(change, { status: "Complete", parent: 1, branch: item, item });
    });
    assert.deepEqual((await scene.store.pointers("run")).slice(1).map(({ item }) => item), items);
    await changeRun(scene, "run", (change) => items.forEach((item) => change.release(item + 2)));
    assert.deepEqual(await openIds(scene), [1]);
  },
  "an activation that the header carries is one like the others, in the order of their ids": async (
    scene,
  ) => {
    const { state, transition } = newRun(scene.clock, "run", {}, (change) => {
      make(change, { status: "Sleeping", dueAt: scene.clock.now() });
      make(change, { status: "Pending" });
      make(change, { status: "Pending" });
    });
    assert.deepEqual([transition.carried?.id, state.instance.carried], [2, 2]);
    await scene.store.saveDefinition(stored);
    await scene.store.create(transition);
    assert.equal((await scene.store.get("run"))?.carried, 2);
    assert.deepEqual(await scene.store.pointers("run"), transition.pointers);
    await scene.store.change("run", ({ instance, pointers }) => {
      assert.deepEqual([instance.carried, [...pointers]], [2, transition.pointers]);
      return null;
    });
  },
  "what the header carries may change there, and gets a place of its own when it settles": async (scene) => {
    const state = await startOwned(scene, "run", {}, (change) => make(change, { status: "Pending" }));
    const commit = async (state: InstanceState, make: (change: Change) => void) => {
      const { state: after, transition } = advance(scene, state, make, true);
      assertCommitted(await scene.store.commit([transition]));
      assert.equal((await scene.store.get("run"))?.carried, after.instance.carried);
      return after;
    };
    const running = await commit(state, (change) => change.movePointer(1, "Running", { attempt: 1 }));
    assert.deepEqual(await scene.store.pointers("run"), [...running.pointers]);
    const next = await commit(running, (change) => {
      change.movePointer(1, "Complete", { output: "done" });
      make(change, { status: "Running" });
    });
    const slept = await commit(next, (change) => {
      change.movePointer(2, "Sleeping", { dueAt: 5 });
    });
    const both = (await scene.store.pointers("run")).map(({ id, status, output }) => [id, status, output]);
    assert.deepEqual([slept.instance.carried, both], [null, [[1, "Complete", "done"], [
      2,
      "Sleeping",
      null,
    ]]]);
  },
  "a branch that is folded is gone, with all that is inside it, and nothing else": async (scene) => {
    await nested(scene, "run");
    await nested(scene, "other");
    await changeRun(scene, "run", (change) => change.fold({ parent: 1, branch: 0 }));
    assert.deepEqual(await keptIds(scene, "run"), [1, 6, 7]);
    assert.deepEqual(await keptIds(scene, "other"), [1, 2, 3, 4, 5, 6, 7]);
  },
  "a branch may be folded in the transition that settles it": async (scene) => {
    await start(scene, "run", {}, (change) => {
      make(change, { status: "Waiting" });
      make(change, { status: "Waiting", parent: 1 });
      make(change, { status: "Complete", parent: 1 });
      make(change, { status: "Waiting", parent: 2 });
    });
    await changeRun(scene, "run", (change) => {
      change.movePointer(4, "Complete");
      change.movePointer(2, "Complete");
      change.release(3);
      change.fold({ parent: 1, branch: 0 });
    });
    assert.deepEqual(await keptIds(scene, "run"), [1]);
  },
  "a branch in which an activation has failed is kept whole": async (scene) => {
    await nested(scene, "run", { status: "Failed" });
    await changeRun(scene, "run", (change) => {
      change.release(5);
      change.fold({ parent: 1, branch: 0 });
    });
    assert.deepEqual(await keptIds(scene, "run"), [1, 2, 3, 4, 5, 6, 7]);
  },
  "a branch in which an activation is open is kept whole": async (scene) => {
    await nested(scene, "run", { status: "Complete", open: true });
    await changeRun(scene, "run", (change) => change.fold({ parent: 1, branch: 0 }));
    assert.deepEqual(await keptIds(scene, "run"), [1, 2, 3, 4, 5, 6, 7]);
  },
  "several branches are folded together, each for itself": async (scene) => {
    await nested(scene, "run", { status: "Complete", open: true });
    await changeRun(scene, "run", (change) => {
      for (const branch of [0, 1, 2]) change.fold({ parent: 1, branch });
    });
    assert.deepEqual(await keptIds(scene, "run"), [1, 2, 3, 4, 5]);
  },
  "the ids of what was folded are not given again": async (scene) => {
    await nested(scene, "run");
    await changeRun(scene, "run", (change) => [1, 2].forEach((branch) => change.fold({ parent: 1, branch })));
    await changeRun(scene, "run", (change) => make(change, { status: "Waiting" }));
    assert.deepEqual(await keptIds(scene, "run"), [1, 2, 3, 4, 5, 8]);
  },
  "lastCompleted() gives the activation that completed last": async (scene) => {
    await start(scene, "run", {}, (change) => {
      for (const output of [1, 2]) make(change, { status: "Complete", output });
      make(change, { status: "Failed" });
      make(change, { status: "Waiting" });
      make(change, { status: "Complete", stepKey: "other" });
    });
    const top = [{ parent: null, branch: 0 }];
    const last = await scene.store.lastCompleted("run", "a", top);
    assert.deepEqual(last, (await scene.store.pointers("run"))[1]);
    assert.equal((await scene.store.lastCompleted("run", "other", top))?.id, 5);
  },
  "lastCompleted() looks in the innermost scope first, then outwards, then anywhere": async (scene) => {
    await start(scene, "run", {}, (change) => {
      make(change, { status: "Complete" });
      make(change, { status: "Waiting", stepKey: "loop" });
      make(change, { status: "Complete", parent: 2, branch: 0 });
      make(change, { status: "Complete", parent: 2, branch: 1 });
      make(change, { status: "Waiting", parent: 2, branch: 2 });
    });
    const scope = (branch: number) => [{ parent: 2, branch }, { parent: null, branch: 0 }];
    const last = async (scopes: ReturnType<typeof scope>) =>
      (await scene.store.lastCompleted("run", "a", scopes))?.id;
    assert.equal(await last(scope(0)), 3);
    assert.equal(await last(scope(1)), 4);
    assert.equal(await last(scope(2)), 1);
    assert.equal(await last([{ parent: 2, branch: 2 }]), 4);
    assert.equal(await last([]), 4);
  },
  "lastCompleted() is null where the step has not completed": async (scene) => {
    await start(scene, "run", {}, (change) => make(change, { status: "Waiting" }));
    assert.equal(await scene.store.lastCompleted("run", "a", []), null);
    assert.equal(await scene.store.lastCompleted("run", "unknown", []), null);
    assert.equal(await scene.store.lastCompleted("unknown", "a", []), null);
  },
};

/** Makes an activation as if it had come to where it stands. */
function make(change: Change, pointer: Partial<Pointer>): void {
  const ended = isSettled(pointer.status ?? "Pending") &&
    { endedAt: change.moment.now, order: change.sequence };
  change.create({ stepKey: "a", parent: null, branch: 0, item: null, ...ended, ...pointer });
}

/** A loop (1) with three branches: in the first, an activation (2) holds another (3), and that two (4, 5). */
async function nested(scene: Scene, id: string, fifth: Partial<Pointer> = {}): Promise<void> {
  const over = { status: "Complete", open: false } as const;
  await start(scene, id, {}, (change) => {
    make(change, { status: "Waiting" });
    make(change, { ...over, parent: 1, branch: 0 });
    make(change, { ...over, parent: 2, branch: 0 });
    make(change, { ...over, parent: 3, branch: 0 });
    make(change, { ...over, parent: 3, branch: 1, ...fifth });
    make(change, { ...over, parent: 1, branch: 1 });
    make(change, { ...over, parent: 1, branch: 2 });
  });
}

async function keptIds({ store }: Scene, runId: string): Promise<number[]> {
  return (await store.pointers(runId)).map(({ id }) => id);
}

async function openIds({ store }: Scene): Promise<number[]> {
  const open: number[] = [];
  await store.change("run", ({ pointers }) => {
    for (const { id } of pointers) open.push(id);
    return null;
  });
  return open;
}
