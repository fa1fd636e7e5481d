import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import { door } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** Delays and other timers. */
export const timerCases: Cases = {
  "12. a delay longer than any sweep: the step behind it runs once, also after a restart": async (scene) => {
    const day = 86_400;
    const definition = new WorkflowBuilder().delay("90d").name("Wait")
      .then(() => scene.note(Math.round(scene.seconds / day))).name("After").build("long", 1);
    let host = await scene.host([definition]);
    const { id } = await scene.start(host, "long");
    for (let restart = 1; restart <= 3; restart++) {
      await scene.pass("2m");
      await scene.stop(host);
      scene.clock.advance(30 * day * 1_000 - scene.clock.monotonic() % (30 * day * 1_000) - 60_000);
      host = await scene.host([definition]);
    }
    await scene.until(host.getHandle(id).result());
    await scene.pass("2m");
    deepEqual(scene.effects, [90]);
  },

  "a 4 s timer beside a 14 s one fires at 4 s": async (scene) => {
    const nap = (seconds: number) => (b: Parameters<Parameters<WorkflowBuilder["saga"]>[0]>[0]) =>
      b.delay(`${seconds}s`).name(`${seconds} s`).then(() => scene.note(scene.seconds)).name(
        `After ${seconds} s`,
      );
    const definition = new WorkflowBuilder().parallel((p) => p.branch(nap(14)).branch(nap(4))).name("Both")
      .build("beside", 1);
    await scene.play(definition);
    deepEqual(scene.effects, [4, 14]);
  },

  "a timer fires in time while another branch of the run is at work": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) => b.then(pass).name("Work"))
        .branch((b) => b.delay("4s").name("Nap").then(() => scene.note(scene.seconds)).name("After"))
    ).name("Both").build("working", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "working");
    await reached;
    const fired = Promise.withResolvers<void>();
    host.onEvent(({ type, ...event }) => {
      if (type === "StepCompleted" && "stepKey" in event && event.stepKey === "After") fired.resolve();
    });
    // Time does not pass by itself while a body runs.
    scene.clock.advance(4_000);
    await scene.until(fired.promise);
    open();
    await scene.until(run.result());
    deepEqual(scene.effects, [4]);
  },

  "timers of many runs fire each at its own time": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly seconds: number }>()
      .delay((data) => `${data.seconds}s`).name("Nap")
      .then((ctx) => scene.note([ctx.data.seconds, Math.round(scene.seconds)])).name("Note").build("many", 1);
    const host = await scene.host([definition]);
    const runs = [];
    for (const seconds of [30, 5, 45, 20, 5]) runs.push(await scene.start(host, "many", { seconds }));
    for (const run of runs) await scene.until(run.result());
    deepEqual(scene.effects, [[5, 5], [5, 5], [20, 20], [30, 30], [45, 45]]);
  },

  "a body sleeps, and is entered again with its state and the same key, without using up a retry": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note([ctx.state ?? null, ctx.idempotencyKey, scene.seconds]);
      const round = ctx.state as number | undefined ?? 0;
      return round < 2 ? ExecutionResult.sleep("10s", round + 1) : ExecutionResult.next("rested");
    }).name("Nap").onError(ErrorBehavior.fail()).build("napping", 1);
    const { status } = await scene.play(definition);
    equal(status, "Complete");
    deepEqual(scene.effects, [[null, "run-1/1", 0], [1, "run-1/1", 10], [2, "run-1/1", 20]]);
    const [nap] = await scene.store.pointers("run-1");
    deepEqual([nap?.attempt, nap?.failures, nap?.output], [3, 0, "rested"]);
  },

  "a restart does not move the time at which a delay is over": async (scene) => {
    const definition = new WorkflowBuilder().delay("10m").name("Wait")
      .then(() => scene.note(scene.seconds)).name("After").build("restarted", 1);
    let host = await scene.host([definition]);
    const { id } = await scene.start(host, "restarted");
    for (let restart = 0; restart < 3; restart++) {
      await scene.pass("3m");
      await scene.stop(host);
      host = await scene.host([definition]);
    }
    await scene.until(host.getHandle(id).result());
    deepEqual(scene.effects, [600]);
  },

  "a delay that was over while no host ran is over at once": async (scene) => {
    const definition = new WorkflowBuilder().delay("1m").name("Wait")
      .then(() => scene.note(Math.round(scene.seconds))).name("After").build("overdue", 1);
    const first = await scene.host([definition]);
    const { id } = await scene.start(first, "overdue");
    await scene.stop(first);
    await scene.pass("1h");
    const second = await scene.host([definition]);
    await scene.until(second.getHandle(id).result());
    deepEqual(scene.effects, [3_600]);
  },
};
