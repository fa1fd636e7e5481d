import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { untilAborted } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** Runs that go on after they had come to an end, or were suspended by an error. */
export const reopeningCases: Cases = {
  "retryWorkflow goes on from the failed step, as a new attempt of the run, with its retries anew": async (
    scene,
  ) => {
    let ill = true;
    const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One")
      .then((ctx) => {
        scene.note(["two", ctx.idempotencyKey, ctx.workflow.attempt]);
        if (ill) throw new Error("ill");
      }).name("Two").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 }))
      .then(scene.step("three")).name("Three").build("retried", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "retried");
    for (let attempt = 1; attempt <= 2; attempt++) {
      const failed = await scene.until(run.atRest());
      deepEqual([failed.status, failed.attempt], ["Failed", attempt]);
      if (attempt === 2) ill = false;
      await scene.until(host.retryWorkflow(run.id));
    }
    await scene.until(run.result());
    deepEqual(scene.effects, [
      "one",
      ...[1, 1, 2, 2, 3].map((attempt) => ["two", "run-1/2", attempt]),
      "three",
    ]);
  },

  "retryWorkflow of a failed branch keeps what its siblings have recorded": async (scene) => {
    let ill = true;
    const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() }).parallel((p) =>
      p.branch((b) => b.then(scene.step("left")).name("Left"))
        .branch((b) =>
          b.delay("1s").name("Nap").then(() => {
            scene.note("right");
            if (ill) throw new Error("ill");
          }).name("Right")
        )
        .branch((b) => b.delay("2s").name("Sleep").then(scene.step("late")).name("Late"))
    ).name("All").then(scene.step("after")).name("After").build("branch", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "branch");
    equal((await scene.until(run.atRest())).status, "Failed");
    ill = false;
    await scene.until(host.retryWorkflow(run.id));
    await scene.until(run.result());
    deepEqual(scene.effects, ["left", "right", "right", "late", "after"]);
  },

  "a run suspended by an error goes on from the failed step when it is resumed": async (scene) => {
    let ill = true;
    const definition = new WorkflowBuilder().startWith(() => {
      scene.note("one");
      if (ill) throw new Error("ill");
    }).name("One").onError(ErrorBehavior.suspend()).then(scene.step("two")).name("Two").build("suspended", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "suspended");
    const { status, reason, error } = await scene.until(run.atRest());
    deepEqual([status, reason, error?.message], ["Suspended", 'step "One" failed: ill', "ill"]);
    ill = false;
    await scene.until(host.resumeWorkflow(run.id));
    await scene.until(run.result());
    deepEqual(scene.effects, ["one", "one", "two"]);
  },

  "a cancelled run can be retried, and goes on from what was cut short": async (scene) => {
    let attempts = 0;
    const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One")
      .then((ctx) => {
        scene.note("two");
        return ++attempts === 1 ? untilAborted(ctx) : undefined;
      }).name("Two").then(scene.step("three")).name("Three").build("retried", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "retried");
    await scene.becomes(() => attempts === 1);
    await scene.until(host.cancelWorkflow(run.id));
    equal((await scene.until(run.atRest())).status, "Cancelled");
    await scene.until(host.retryWorkflow(run.id));
    await scene.until(run.result());
    deepEqual(scene.effects, ["one", "two", "two", "three"]);
    equal((await scene.store.get(run.id))?.attempt, 2);
  },

  "retrying a run whose saga was undone starts the saga from its beginning": async (scene) => {
    let ill = true;
    const definition = new WorkflowBuilder()
      .startWith(scene.step("before")).name("Before")
      .saga((s) =>
        s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
          .then(() => {
            scene.note("b");
            if (ill) throw new Error("ill");
          }).name("B")
      ).name("Saga").then(scene.step("tail")).name("Tail").build("retried", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "retried");
    equal((await scene.until(run.atRest())).status, "Failed");
    ill = false;
    await scene.until(host.retryWorkflow(run.id));
    await scene.until(run.result());
    deepEqual(scene.effects, ["before", "a", "b", "undo a", "a", "b", "tail"]);
  },

  "a terminated run can be retried: what it was doing starts again, and what has been recorded is kept":
    async (
      scene,
    ) => {
      const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One")
        .parallel((p) =>
          p.branch((b) => b.waitFor("go", "k").name("Wait").then(scene.step("left")).name("Left"))
            .branch((b) => b.then(scene.step("right")).name("Right"))
        ).name("Both").build("terminated", 1);
      const host = await scene.host([definition]);
      const run = await scene.start(host, "terminated");
      await scene.pass("1s");
      await scene.until(host.terminateWorkflow(run.id));
      await scene.until(host.retryWorkflow(run.id));
      await scene.pass("1s");
      const { status, attempt, reason } = (await scene.store.get(run.id))!;
      deepEqual([status, attempt, reason], ["Runnable", 2, null]);
      await scene.until(host.publishEvent("go", "k"));
      await scene.until(run.result());
      deepEqual(scene.effects, ["one", "right", "left"]);
      await scene.stop(host);
      deepEqual([scene.told("WorkflowTerminated"), scene.told("WorkflowCompleted")], [1, 1]);
    },
};
