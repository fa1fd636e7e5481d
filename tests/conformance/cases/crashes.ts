import { deepEqual, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { door, wrapped } from "../../../src/engine/testing_host.ts";
import type { Transition } from "../../../src/instance/transition.ts";
import type { CommitOutcome } from "../../../src/provider/persistence.ts";
import type { Mortal } from "../../crash/sweep/mortal.ts";
import type { Cases, Play } from "../cases.ts";

interface Counted {
  readonly n: number;
}

/** A host dies when the result of the second of three steps is committed, and another goes on. */
function dying(when: "before" | "after", effects: readonly string[]): Play {
  return async (scene) => {
    const body = (name: string) => (ctx: StepContext<Counted>) => {
      scene.note(`${name} with n = ${ctx.data.n} as ${ctx.idempotencyKey}`);
      ctx.update("n", (n) => n + 1);
    };
    const definition = new WorkflowBuilder<Counted>({ onError: ErrorBehavior.fail() })
      .startWith(body("one")).name("One").then(body("two")).name("Two").then(body("three")).name("Three")
      .build("dying", 1);
    const first = await scene.mortalHost(
      [definition],
      (store, mortal) =>
        wrapped(store, "commit", async (call, _count, args) => {
          const isFatal = (args[0] as readonly Transition[]).some(({ pointers }) =>
            pointers.some(({ stepKey, status }) => stepKey === "Two" && status === "Complete")
          );
          if (!isFatal) return await call();
          if (when === "after") await call();
          mortal.die();
        }),
    );
    await scene.start(first.host, "dying", { n: 0 });
    await first.mortal.death;
    const second = await scene.host([definition]);
    deepEqual(await scene.until(second.getHandle("run-1").result()), { n: 3 });
    deepEqual(scene.effects, effects);
  };
}

/** Hosts that die, or lose their lease without knowing it. */
export const crashCases: Cases = {
  "a crash between effect and commit repeats just that step, with the same key, and uses up no retry": dying(
    "before",
    [
      "one with n = 0 as run-1/1",
      "two with n = 1 as run-1/2",
      "two with n = 1 as run-1/2",
      "three with n = 2 as run-1/3",
    ],
  ),

  "a crash after the commit does not repeat the step": dying("after", [
    "one with n = 0 as run-1/1",
    "two with n = 1 as run-1/2",
    "three with n = 2 as run-1/3",
  ]),

  "what a body has persisted outlives its host: the next goes on from there, with the same key": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      const done = (ctx.state ?? 0) as number;
      scene.note(`part ${done + 1} as ${ctx.idempotencyKey}`);
      return done < 3 ? ExecutionResult.persist(done + 1) : ExecutionResult.next("all");
    }).name("Parts").onError(ErrorBehavior.fail()).build("parts", 1);
    const first = await scene.mortalHost(
      [definition],
      (store, mortal) =>
        wrapped(store, "commit", async (call, _count, args) => {
          const isFatal = (args[0] as readonly Transition[]).some(({ pointers }) =>
            pointers.some(({ state }) => state === 2)
          );
          const outcomes = await call();
          if (isFatal) mortal.die();
          return outcomes;
        }),
    );
    await scene.start(first.host, "parts");
    await first.mortal.death;
    const second = await scene.host([definition]);
    await scene.until(second.getHandle("run-1").result());
    deepEqual(scene.effects, [1, 2, 3, 4].map((part) => `part ${part} as run-1/1`));
    const [parts] = await scene.store.pointers("run-1");
    deepEqual([parts?.output, parts?.failures], ["all", 0]);
  },

  "a run of a host that has died reads interrupted until another takes it up": async (scene) => {
    const { reached, pass } = door();
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (ctx.attempt === 1) return pass(ctx);
      scene.note("again");
    }).name("One").build("interrupted", 1);
    const { host, mortal } = await scene.mortalHost([definition]);
    await scene.start(host, "interrupted");
    await reached;
    mortal.die();
    scene.clock.advance(11_000);
    const observer = await scene.host([], { start: false });
    equal((await scene.until(observer.getWorkflow("run-1")))?.interrupted, true);
    const second = await scene.host([definition]);
    await scene.until(second.getHandle("run-1").result());
    equal((await scene.until(observer.getWorkflow("run-1")))?.interrupted, false);
    deepEqual(scene.effects, ["again"]);
  },

  "a lost lease's late commit is refused: what the new owner has recorded stays": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder<{ readonly by?: number }>().startWith(async (ctx) => {
      if (ctx.attempt === 1) await pass(ctx as StepContext);
      scene.note(`attempt ${ctx.attempt}`);
      ctx.set({ by: ctx.attempt });
      return ctx.attempt;
    }).name("One").then(scene.step("after")).name("After").build("late", 1);
    let isFrozen = false;
    const refused: string[] = [];
    const store = wrapped(await scene.connect(), "commit", async (call) => {
      const outcomes = await call() as readonly CommitOutcome[];
      for (const outcome of outcomes) if (!outcome.committed) refused.push(outcome.error.name);
      return outcomes;
    });
    // Time goes on for all others while this process is frozen, whatever it was about.
    const first = await scene.host([definition], {
      store,
      wire: (builder) =>
        builder.useClock({
          monotonic: () => scene.clock.monotonic(),
          schedule: (delay, callback) => scene.clock.schedule(delay, () => isFrozen || callback()),
        }),
    });
    await scene.start(first, "late");
    await reached;
    isFrozen = true;
    await scene.pass("11s");
    const second = await scene.host([definition]);
    deepEqual(await scene.until(second.getHandle("run-1").result()), { by: 2 });
    const recorded = [await scene.store.get("run-1"), await scene.store.pointers("run-1")];
    deepEqual(refused, []);
    open();
    await scene.becomes(() => refused.length > 0);
    await scene.stop(first);
    deepEqual(refused, ["LeaseLostError"]);
    deepEqual([await scene.store.get("run-1"), await scene.store.pointers("run-1")], recorded);
    deepEqual(scene.effects, ["attempt 2", "after", "attempt 1"]);
    await scene.stop(second);
    equal(scene.told("StepCompleted"), 2);
  },

  "a poison run is quarantined when three hosts in a row have died of it, and the others go on": async (
    scene,
  ) => {
    let mortal: Mortal | null = null;
    let isPoison = true;
    const poison = new WorkflowBuilder().startWith((ctx) => {
      scene.note(`poison ${ctx.attempt}`);
      if (isPoison) mortal!.die();
    }).name("Drink").build("poison", 1);
    const good = new WorkflowBuilder().delay("25s").name("Nap").then(scene.step("good")).name("Work")
      .build("good", 1);
    const starter = await scene.host([poison, good], { start: false });
    for (const id of ["good", "poison", "good"]) await scene.start(starter, id);
    for (let deaths = 0; deaths < 3; deaths++) {
      const { mortal: victim } = await scene.mortalHost([poison, good], (store, itsLife) => {
        mortal = itsLife;
        return store;
      });
      await scene.until(victim.death);
    }
    const last = await scene.host([poison, good]);
    for (const id of ["run-1", "run-3"]) await scene.until(last.getHandle(id).result());
    const { status, reason } = await scene.until(last.getHandle("run-2").atRest());
    equal(status, "Suspended");
    match(reason!, /^quarantined: 3 hosts died in a row while it ran "Drink"$/);
    await scene.pass("1h");
    deepEqual(scene.effects.toSorted(), ["good", "good", "poison 1", "poison 2", "poison 3"]);
    isPoison = false;
    await scene.until(last.resumeWorkflow("run-2"));
    await scene.until(last.getHandle("run-2").result());
    deepEqual(scene.effects.slice(5), ["poison 4"]);
  },
};
