import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import { door, untilAborted } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** Outcomes, branches, joins, and what cancels them. */
export const branchingCases: Cases = {
  "9. three parallel branches, of which one waits for an event, join when all have ended": async (scene) => {
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) => b.then(scene.step("1a")).name("1a").then(scene.step("1b")).name("1b"))
        .branch((b) =>
          b.then(scene.step("2a")).name("2a").waitFor("go", "key").name("Wait").then(scene.step("2b")).name(
            "2b",
          )
        )
        .branch((b) => b.then(scene.step("3a")).name("3a").then(scene.step("3b")).name("3b"))
    ).name("All").then(scene.step("after")).name("After").build("three", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "three");
    await scene.pass("1m");
    deepEqual(scene.effects.toSorted(), ["1a", "1b", "2a", "3a", "3b"]);
    await scene.until(host.publishEvent("go", "key"));
    await scene.until(run.result());
    deepEqual(scene.effects.toSorted(), ["1a", "1b", "2a", "2b", "3a", "3b", "after"]);
    equal(scene.effects.at(-1), "after");
  },

  "an outcome leads to every branch that equals it as JSON; where none does, the branch ends": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder<{ readonly value: number }>()
      .startWith((ctx) => ExecutionResult.outcome({ at: [ctx.data.value] })).name("Choose")
      .outcome({ at: [1] }, (b) => b.then(scene.step("one")).name("One"))
      .outcome({ at: [2] }, (b) => b.then(scene.step("two")).name("Two"))
      .outcome({ at: [2] }, (b) => b.then(scene.step("two again")).name("Again"))
      .build("choose", 1);
    const host = await scene.host([definition]);
    for (const [value, ran] of [[1, ["one"]], [2, ["two", "two again"]], [3, []]] as const) {
      const before = scene.effects.length;
      await scene.until((await scene.start(host, "choose", { value })).result());
      deepEqual(scene.effects.slice(before).toSorted(), ran);
    }
  },

  "if and else: one or the other, and the flow goes on behind both": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly holds: boolean }>()
      .ifDo((data) => data.holds, (b) => b.then(scene.step("then")).name("Then"))
      .else((b) => b.then(scene.step("else")).name("Else"))
      .then(scene.step("after")).name("After").build("either", 1);
    const host = await scene.host([definition]);
    for (const holds of [true, false]) {
      await scene.until((await scene.start(host, "either", { holds })).result());
    }
    deepEqual(scene.effects, ["then", "after", "else", "after"]);
  },

  "a condition is not evaluated again while another branch goes on": async (scene) => {
    const evaluated = { if: 0, while: 0 };
    const definition = new WorkflowBuilder<{ readonly n: number }>().parallel((p) =>
      p.branch((b) =>
        b.ifDo(() => ++evaluated.if > 0, (inner) => inner.waitFor("go", "if").name("If wait")).name("If")
      )
        .branch((b) =>
          b.whileDo(() => ++evaluated.while < 2, (inner) => inner.waitFor("go", "while").name("While wait"))
            .name("While")
        )
        .branch((b) =>
          b.whileDo(
            (data) => data.n < 20,
            (inner) => inner.then((ctx) => ctx.update("n", (n) => n + 1)).name("Count"),
          ).name("Busy")
        )
    ).name("All").build("once", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "once", { n: 0 });
    await scene.pass("1m");
    deepEqual(evaluated, { if: 1, while: 1 });
    await scene.until(host.publishEvent("go", "if"));
    await scene.until(host.publishEvent("go", "while"));
    await scene.until(run.result());
    deepEqual(evaluated, { if: 1, while: 2 });
  },

  "parallel branches run at the same time, and their results are in the order of the branches": async (
    scene,
  ) => {
    const [left, right] = [door(), door()];
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) =>
        b.then(async (ctx) => {
          await left.pass(ctx);
          return "left";
        }).name("Left")
      ).branch((b) =>
        b.then(async (ctx) => {
          await right.pass(ctx);
          return "right";
        }).name("Right")
      )
    ).name("Both").build("both", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "both");
    await Promise.all([left.reached, right.reached]);
    right.open();
    left.open();
    await scene.until(run.result());
    deepEqual((await scene.store.pointers("run-1"))[0]?.output, ["left", "right"]);
  },

  'parallel with wait: "any": the first branch wins, the losers are cancelled and leave no subscription behind':
    async (scene) => {
      const { reached, pass } = door();
      const definition = new WorkflowBuilder().parallel(
        (p) =>
          p.branch((b) => b.delay("1s").name("Nap").then(() => "first").name("Win"))
            .branch((b) => b.waitFor("never", "k").name("Wait").then(scene.step("lost")).name("Lost"))
            .branch((b) => b.delay("1h").name("Sleep").then(scene.step("lost")).name("Also lost")),
        {
          wait: "any",
        },
      ).name("Race").then(scene.step("after")).name("After")
        .parallel((p) =>
          p.branch((b) =>
            b.then((ctx) => {
              void pass(ctx);
              return untilAborted(ctx);
            }).name("Endless")
          ).branch((b) =>
            b.then(async () => {
              await reached;
              return "second";
            }).name("Quick")
          ), { wait: "any" }).name("Second race").build("race", 1);
      const { status } = await scene.play(definition);
      deepEqual([status, scene.effects, scene.seconds], ["Complete", ["after"], 1]);
      ok((await reached).signal.aborted);
      deepEqual((await scene.store.publish(event("never", "k"))).woken, []);
      const outputs = (await scene.store.pointers("run-1")).filter(({ stepKey }) => stepKey.endsWith("ace"))
        .map(({ output }) => output);
      deepEqual(outputs, ["first", "second"]);
      const lines = await scene.pointers();
      for (
        const line of ["Wait Cancelled", "Sleep Cancelled", "Endless Cancelled", "Quick Complete"]
      ) ok(lines.includes(line), line);
    },

  "a failure in one branch cancels the others": async (scene) => {
    const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() }).parallel((p) =>
      p.branch((b) => b.delay("1s").name("Nap").then(scene.failing("bad")).name("Bad"))
        .branch((b) => b.delay("2s").name("Sleep").then(scene.step("never")).name("Never"))
    ).name("Both").then(scene.step("after")).name("After").build("cancelling", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.step, scene.effects, scene.seconds], ["Failed", "Bad", ["bad"], 1]);
    ok((await scene.pointers()).includes("Sleep Cancelled"));
  },

  'with errors: "wait" the other branches end first, and then the failure goes on': async (scene) => {
    const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() }).parallel(
      (p) =>
        p.branch((b) => b.then(scene.failing("bad")).name("Bad").then(scene.step("never")).name("Never"))
          .branch((b) => b.delay("5s").name("Sleep").then(scene.step("other")).name("Other")),
      {
        errors: "wait",
      },
    ).name("Both").then(scene.step("after")).name("After").build("patient", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.step, scene.effects, scene.seconds], ["Failed", "Bad", ["bad", "other"], 5]);
  },

  "attach leads back to a step: each lap is an activation of its own": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly laps: number }>()
      .startWith((ctx) => {
        scene.note(ctx.idempotencyKey);
        ctx.update("laps", (laps) => laps + 1);
      }).name("Lap")
      .decide((data) => data.laps < 3).name("Again?")
      .outcome(true, (b) => b.attach("Lap"))
      .outcome(false, (b) => b.then(scene.step("over")).name("Over"))
      .build("laps", 1);
    const { status, data } = await scene.play(definition, { laps: 0 });
    deepEqual([status, data], ["Complete", { laps: 3 }]);
    deepEqual(scene.effects, ["run-1/1", "run-1/3", "run-1/5", "over"]);
  },

  "a body asks for the branch inside its step, and is entered again with the results": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (!ctx.branches) return ExecutionResult.branch([1, 2, 3], "asked");
      scene.note([ctx.state ?? null, [...ctx.branches]]);
      return ExecutionResult.next(ctx.branches.length);
    }).name("Ask").do((b) => b.then((ctx) => (ctx.item as number) * 10).name("Times ten")).build("ask", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Complete", [["asked", [10, 20, 30]]]]);
  },

  "cancelWhen cancels a wait that another branch makes needless; with proceed the flow goes on behind it":
    async (scene) => {
      interface Work {
        readonly done?: boolean;
      }
      const build = (id: string, proceed: boolean) =>
        new WorkflowBuilder<Work>().parallel((p) =>
          p.branch((b) =>
            b.waitFor("needless", "k").name("Wait").cancelWhen((data) => data.done === true, { proceed })
              .then(scene.step(`${id}: behind`)).name("Behind")
          ).branch((b) => b.delay("1s").name("Nap").then((ctx) => ctx.set({ done: true })).name("Done"))
        ).name("Both").then(scene.step(`${id}: after`)).name("After").build(id, 1);
      const host = await scene.host([build("ending", false), build("proceeding", true)]);
      for (const id of ["ending", "proceeding"]) {
        await scene.until((await scene.start(host, id)).result());
      }
      deepEqual(scene.effects, ["ending: after", "proceeding: behind", "proceeding: after"]);
      deepEqual((await scene.store.publish(event("needless", "k"))).woken, []);
      for (const runId of ["run-1", "run-2"]) ok((await scene.pointers(runId)).includes("Wait Cancelled"));
    },

  "cancelWhen aborts the signal of a body that runs, and uses up no retry": async (scene) => {
    const { reached, pass } = door();
    const definition = new WorkflowBuilder<{ readonly done?: boolean }>().parallel((p) =>
      p.branch((b) =>
        b.then((ctx) => {
          void pass(ctx as never);
          return untilAborted(ctx as never);
        }).name("Endless").cancelWhen((data) => data.done === true)
      ).branch((b) =>
        b.then(async (ctx) => {
          await reached;
          ctx.set({ done: true });
        }).name("Done")
      )
    ).name("Both").then(scene.step("after")).name("After").build("aborting", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Complete", ["after"]]);
    ok((await reached).signal.aborted);
    const endless = (await scene.store.pointers("run-1")).find(({ stepKey }) => stepKey === "Endless");
    deepEqual([endless?.status, endless?.failures], ["Cancelled", 0]);
  },
};

function event(name: string, key: string) {
  return { name, key, data: null, time: null, messageId: null };
}
