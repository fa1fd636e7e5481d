import assert from "node:assert/strict";
import { MemoryPersistence } from "../memory/persistence.ts";
import type { Instance, Mail, Pointer } from "../instance/instance.ts";
import type { Persistence } from "../provider/persistence.ts";
import { checkStore } from "./invariants.ts";
import { ManualClock } from "./manual_clock.ts";
import { commit, park, type Scene, sleep, start, startOwned, succeed } from "./persistence/scene.ts";
import { event, publish, readEvents, startWaiting, wait } from "./persistence/waits.ts";

async function filled(): Promise<Scene> {
  const clock = new ManualClock();
  const store = new MemoryPersistence({ clock });
  const scene = { store, clock, connect: () => Promise.resolve(store) };
  await commit(scene, sleep(scene, await startOwned(scene, "asleep"), 500));
  await startOwned(scene, "running");
  let state = await startOwned(scene, "complete");
  for (let n = 0; n < 3; n++) state = await commit(scene, succeed(scene, state));
  await commit(scene, park(scene, await startOwned(scene, "parked"), "no code"));
  await startWaiting(scene, "waiting");
  await startWaiting(scene, "called");
  await publish(scene, event(1));
  await readEvents(scene, "waiting", { again: true });
  await start(scene, "looping", {}, (change) => {
    const inside = { stepKey: "a", parent: 1, item: null };
    const over = { status: "Complete", open: false, endedAt: 1 } as const;
    change.create({ ...inside, parent: null, branch: 0, status: "Waiting", join: loop });
    change.create({ ...inside, ...over, branch: 0 });
    change.create({ ...inside, branch: 1 });
    change.set({ forks: { "1:1": 1 } });
    change.fold({ parent: 1, branch: 0 });
  });
  return scene;
}

const loop = { total: 1, done: 0 };

/** The store as it would be if these were different. */
function spoiled(
  store: Persistence,
  run: Partial<Instance>,
  pointer: Partial<Pointer> = {},
  mail?: readonly Mail[],
): Persistence {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === "list") {
        return async (filter: never) => (await target.list(filter)).map((each) => ({ ...each, ...run }));
      }
      if (name === "pointers") {
        return async (id: string) => (await target.pointers(id)).map((each) => ({ ...each, ...pointer }));
      }
      if (name === "mail" && mail) return () => Promise.resolve(mail);
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
  const settled = { status: "Complete", endedAt: 1 } as const;
  const controls: readonly [RegExp, Partial<Instance>, Partial<Pointer>?, Mail[]?][] = [
    [/orphaned/, { status: "Runnable" }, settled],
    [/orphaned/, { status: "Runnable" }, { status: "Waiting", wait: null, dueAt: null }],
    [/sleeps until null, though it has work at 0/, { nextWake: null }],
    [/sleeps until \d+, though it has work at \d+/, { nextWake: 1e15 }],
    [/without a reason/, { status: "Suspended" }],
    [/sleeps over its mail/, { inboxSeq: 1, nextWake: null }],
    [/yet due/, { status: "Complete", nextWake: 1 }],
    [/parked, yet due/, { parkedReason: "no code", nextWake: 1 }],
    [/is Complete, yet parked/, { status: "Complete", parkedReason: "no code" }],
    [/with endedAt/, { endedAt: null }],
    [/is Failed, yet about to end as Complete/, { status: "Failed", ending }],
    [/has 0 more paths open in 1:0/, { forks: { "1:0": 0 } }],
    [/has 1 more paths open in x/, { forks: { x: 1 } }],
    [/is Complete, with paths open/, { status: "Complete", forks: { "0:0": 1 } }],
    [/has mail , where it has read 0 of 2/, { inboxSeq: 2 }, {}, []],
    [/has mail 7, where it has read 0 of 0/, {}, {}, [{ kind: "resume", reason: null, seq: 7 }]],
    [/where it has read 9 of 0/, { inboxSeq: 0, inboxRead: 9 }],
    [/has epoch/, { epoch: -1 }],
    [/has sequence/, { sequence: 0 }],
    [/the next being/, { nextPointer: 1 }],
    [/has activations 7, 7, 7, the next being 9/, { nextPointer: 9 }, { id: 7 }],
    [/with activation 1 Running/, { status: "Failed" }],
    [/is Running, yet not open/, {}, { open: false }],
    [/activation 1 is Complete, with endedAt null/, {}, { endedAt: null }],
    [/activation 1 is Running, with endedAt 1/, {}, { endedAt: 1 }],
    [/sleeps for ever/, {}, { status: "Sleeping", dueAt: null }],
    [/is Pending, yet waits for an event/, {}, { status: "Pending", wait: wait() }],
    [/failed 9 times/, {}, { failures: 9 }],
    [/is inside of 77, which is over/, {}, { parent: 77 }],
    [/waits for branches, of which none goes on/, { status: "Runnable" }, { parent: null, join: loop }],
  ];
  for (const [words, run, pointer, mail] of controls) {
    const problems = await checkStore(spoiled(store, run, pointer, mail));
    assert.ok(problems.some((problem) => words.test(problem)), `${words}: ${problems}`);
  }
});

const ending = { status: "Complete", error: null, reason: null, by: null, undo: null } as const;
