import assert from "node:assert/strict";
import { MemoryPersistence } from "../memory/persistence.ts";
import type { Instance, Pointer } from "../instance/instance.ts";
import type { Persistence } from "../provider/persistence.ts";
import { checkStore } from "./invariants.ts";
import { ManualClock } from "./manual_clock.ts";
import { commit, type Scene, sleep, startOwned, succeed } from "./persistence/scene.ts";

async function filled(): Promise<Scene> {
  const clock = new ManualClock();
  const store = new MemoryPersistence({ clock });
  const scene = { store, clock, connect: () => Promise.resolve(store) };
  await commit(scene, sleep(scene, await startOwned(scene, "asleep"), 500));
  await startOwned(scene, "running");
  let state = await startOwned(scene, "complete");
  for (let n = 0; n < 3; n++) state = await commit(scene, succeed(scene, state));
  return scene;
}

/** The store as it would be if these were different. */
function spoiled(store: Persistence, run: Partial<Instance>, pointer: Partial<Pointer> = {}): Persistence {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === "list") {
        return async (filter: never) => (await target.list(filter)).map((each) => ({ ...each, ...run }));
      }
      if (name === "pointers") {
        return async (id: string) => (await target.pointers(id)).map((each) => ({ ...each, ...pointer }));
      }
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

Deno.test("checkStore() finds nothing wrong with a healthy store", async () => {
  const { store } = await filled();
  assert.deepEqual(await checkStore(store), []);
});

Deno.test("checkStore() finds each thing that can be wrong", async () => {
  const { store } = await filled();
  const controls: readonly [RegExp, Partial<Instance>, Partial<Pointer>?][] = [
    [/orphaned/, { status: "Runnable", nextWake: null }],
    [/without a reason/, { status: "Suspended" }],
    [/sleeps over its mail/, { inboxSeq: 1, nextWake: null }],
    [/yet due/, { status: "Complete", nextWake: 1 }],
    [/with endedAt/, { endedAt: null }],
    [/has epoch/, { epoch: -1 }],
    [/has sequence/, { sequence: 0 }],
    [/the next being/, { nextPointer: 9 }],
    [/with activation 1 Running/, { status: "Failed" }],
    [/sleeps for ever/, {}, { status: "Sleeping", dueAt: null }],
    [/failed 9 times/, {}, { failures: 9 }],
  ];
  for (const [words, run, pointer] of controls) {
    const problems = await checkStore(spoiled(store, run, pointer));
    assert.ok(problems.some((problem) => words.test(problem)), `${words}: ${problems}`);
  }
});
