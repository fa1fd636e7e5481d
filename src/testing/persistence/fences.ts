import assert from "node:assert/strict";
import { type Fence, underLocks } from "../../instance/transition.ts";
import type { CommitOutcome } from "../../provider/persistence.ts";
import {
  assertCommitted,
  assertLeaseLost,
  commit,
  type Promises,
  type Scene,
  startOwned,
  succeed,
  terminate,
} from "./scene.ts";

const awkward = "dé'\"\\;--{}\n";

/** Locks that lie in the store, and what commits under locks promise, of whatever store these are. */
export const fencePromises: Promises = {
  "commit() under a lock is written, and its fence seen": async (scene) => {
    const first = await commitUnder(scene, "first", [{ name: awkward, fence: 7 }]);
    const same = await commitUnder(scene, "same", [{ name: awkward, fence: 7 }]);
    const greater = await commitUnder(scene, "greater", [{ name: awkward, fence: 8 }]);
    assertCommitted([first, same, greater]);
    assertLockLost(await commitUnder(scene, "late", [{ name: awkward, fence: 7 }]), awkward, 7, 8);
  },
  "commit() under a lock that is lost is refused alone, and changes nothing": async (scene) => {
    const { store } = scene;
    await commitUnder(scene, "newer", [{ name: "door", fence: 8 }]);
    const states = [];
    for (const id of ["a", "b", "c"]) states.push(await startOwned(scene, id));
    const before = [await store.get("b"), await store.pointers("b")];
    const outcomes = await store.commit(
      states.map((state, index) =>
        underLocks(succeed(scene, state, { data: { done: true } }), index === 1 ? doors(7, 100) : doors(9, 9))
          .transition
      ),
    );
    assert.deepEqual(outcomes.map(({ committed }) => committed), [true, false, true]);
    assertLockLost(outcomes[1], "door", 7, 9);
    assert.deepEqual([await store.get("b"), await store.pointers("b")], before);
    // Nor has its other lock been seen.
    assertCommitted([await commitUnder(scene, "d", doors(9, 10))]);
  },
  "commit() under very many locks is written": async (scene) => {
    const fences = Array.from({ length: 20_000 }, (_, n) => ({ name: `door ${n}`, fence: 7 }));
    assertCommitted([await commitUnder(scene, "run", fences)]);
    assertLockLost(await commitUnder(scene, "late", [{ name: "door 19999", fence: 6 }]), "door 19999", 6, 7);
  },
  "commit() that a lock refuses may be made again under another": async (scene) => {
    await commitUnder(scene, "newer", [{ name: "door", fence: 8 }]);
    const advance = succeed(scene, await startOwned(scene, "run"));
    const [refused] = await scene.store.commit([
      underLocks(advance, [{ name: "door", fence: 7 }]).transition,
    ]);
    assertLockLost(refused, "door", 7, 8);
    await commit(scene, underLocks(advance, [{ name: "door", fence: 9 }]));
  },
  "commit() of a stale epoch does not show its fence": async (scene) => {
    const late = succeed(scene, await startOwned(scene, "run"));
    await scene.store.change("run", (state) => terminate(scene, state));
    const [refused] = await scene.store.commit([underLocks(late, [{ name: "door", fence: 9 }]).transition]);
    assertLeaseLost(refused, "run");
    assertCommitted([await commitUnder(scene, "other", [{ name: "door", fence: 8 }])]);
  },
  "commit() of who had a lock of the store is refused once another has it": async (scene) => {
    const { store, clock } = scene;
    const lock = store.lock!;
    const first = (await lock.acquire({ name: "door", token: "a", ttl: 100, above: 0 })).fence!;
    clock.advance(101);
    const second = (await lock.acquire({ name: "door", token: "b", ttl: 100, above: 0 })).fence!;
    assertLockLost(await commitUnder(scene, "late", [{ name: "door", fence: first }]), "door", first, second);
    assertCommitted([await commitUnder(scene, "run", [{ name: "door", fence: second }])]);
  },
  "a lock of the store gets a fence above what commits have shown": async (scene) => {
    const seen = scene.clock.now() * 1_000 + 5_000_000;
    await commitUnder(scene, "run", [{ name: "door", fence: seen }]);
    const { fence } = await scene.store.lock!.acquire({ name: "door", token: "a", ttl: 100, above: 0 });
    assert.ok(fence! > seen);
  },
  "locks of the store that nobody has are forgotten after a time, others are not": async (scene) => {
    const { store, clock } = scene;
    const lock = store.lock!;
    await lock.acquire({ name: "held", token: "a", ttl: 200_000, above: 0 });
    const { fence } = await lock.acquire({ name: "freed", token: "a", ttl: 200_000, above: 0 });
    await lock.release("freed", "a");
    await commitUnder(scene, "run", [{ name: "seen", fence: fence! }]);
    assert.equal(await lock.forget(clock.now(), 9), 0);
    clock.advance(100_000);
    assert.equal(await lock.forget(clock.now(), 1), 1);
    assert.equal(await lock.forget(clock.now(), 9), 1);
    assert.equal(await lock.renew("held", "a", 1_000), true);
    const again = await lock.acquire({ name: "freed", token: "b", ttl: 1_000, above: 0 });
    assert.ok(again.fence! > fence!);
  },
};

function doors(front: number, back: number): Fence[] {
  return [{ name: "door", fence: front }, { name: "back door", fence: back }];
}

/** Starts a run, and commits its first step under locks. */
async function commitUnder(
  scene: Scene,
  runId: string,
  fences: readonly Fence[],
): Promise<CommitOutcome> {
  const advance = succeed(scene, await startOwned(scene, runId));
  return (await scene.store.commit([underLocks(advance, fences).transition]))[0]!;
}

function assertLockLost(outcome: CommitOutcome | undefined, lock: string, fence: number, seen: number): void {
  assert.equal(outcome?.committed, false);
  const error = outcome.error as Error & Partial<Record<"code" | "lock" | "fence" | "seen", unknown>>;
  assert.deepEqual(
    [error.code, error.lock, error.fence, error.seen],
    ["LOCK_LOST", lock, fence, seen],
  );
}
