import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { NonRetryableError } from "../../../src/definition/errors.ts";
import { door } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** Sagas, and how what was done is undone. */
export const sagaCases: Cases = {
  "15. an undo runs when its saga fails, and only then": async (scene) => {
    const build = (id: string, second: () => void) =>
      new WorkflowBuilder().saga(
        (s) =>
          s.then(scene.step("first")).name("First").compensateWith(scene.step("undo first"))
            .then(second).name("Second"),
        { then: "continue" },
      ).name("Saga")
        .then(scene.step("tail")).name("Tail").build(id, 1);
    const host = await scene.host([
      build("well", scene.step("second")),
      build("ill", scene.failing("second")),
    ]);
    await scene.until((await scene.start(host, "well")).result());
    deepEqual(scene.effects, ["first", "second", "tail"]);
    await scene.until((await scene.start(host, "ill")).result());
    deepEqual(scene.effects.slice(3), ["first", "second", "undo first", "tail"]);
    await scene.stop(host);
    deepEqual([scene.told("StepFailed", "run-1"), scene.told("StepFailed", "run-2")], [0, 1]);
    ok((await scene.pointers("run-2")).includes("Saga Compensated"));
  },

  "16. undos run from the failing step backwards, its own first": async (scene) => {
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("s1")).name("S1").compensateWith(scene.step("c1"))
        .then(scene.step("s2")).name("S2").compensateWith(scene.step("c2"))
        .then(scene.step("s3")).name("S3").compensateWith(scene.step("c3"))
        .then(scene.failing("s4")).name("S4").compensateWith(scene.step("c4"))
        .then(scene.step("s5")).name("S5").compensateWith(scene.step("c5"))
    ).name("Saga").then(scene.step("tail")).name("Tail").build("backwards", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.message], ["Failed", "s4 fails"]);
    deepEqual(scene.effects, ["s1", "s2", "s3", "s4", "c4", "c3", "c2", "c1"]);
  },

  "17. only what is inside the failing saga is undone, the saga itself last": async (scene) => {
    const definition = new WorkflowBuilder()
      .startWith(scene.step("s1")).name("S1").compensateWith(scene.step("c1"))
      .saga((s) =>
        s.then(scene.step("s2")).name("S2").compensateWith(scene.step("c2"))
          .then(scene.failing("s3")).name("S3").compensateWith(scene.step("c3"))
          .then(scene.step("s4")).name("S4").compensateWith(scene.step("c4")), { then: "continue" })
      .name("Saga").compensateWith(scene.step("c5"))
      .then(scene.step("tail")).name("Tail").compensateWith(scene.step("c6")).build("inside", 1);
    const { status } = await scene.play(definition);
    equal(status, "Complete");
    deepEqual(scene.effects, ["s1", "s2", "s3", "c3", "c2", "c5", "tail"]);
    equal(scene.told("StepFailed"), 1);
  },

  "18. a saga with retry starts again only when it has been undone": async (scene) => {
    let tries = 0;
    const definition = new WorkflowBuilder().saga((s) =>
      s.then((ctx) => scene.note(["a", ctx.idempotencyKey])).name("A").compensateWith(scene.step("undo a"))
        .then(() => {
          scene.note("b");
          if (++tries < 3) throw new Error("not yet");
        }).name("B").compensateWith(scene.step("undo b"))
    ).name("Saga").onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 2 }))
      .then(scene.step("tail")).name("Tail").build("again", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.seconds, scene.told("StepFailed")], ["Complete", 10, 2]);
    const what = scene.effects.map((effect) => Array.isArray(effect) ? effect[0] : effect);
    const undone = ["a", "b", "undo b", "undo a"];
    deepEqual(what, [...undone, ...undone, "a", "b", "tail"]);
    const keys = scene.effects.filter(Array.isArray).map(([, key]) => key);
    equal(new Set(keys).size, 3, "each entry of the saga has new keys");
    const saga = (await scene.store.pointers("run-1")).find(({ stepKey }) => stepKey === "Saga");
    equal(saga?.attempt, 3);
  },

  "19. terminate() inside a saga ends the run as Terminated, without an undo": async (scene) => {
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .ifDo(() => true, (b) => b.then(scene.failing("b")).name("B").onError(ErrorBehavior.terminate()))
        .name("If")
        .then(scene.step("c")).name("C")
    ).name("Saga").then(scene.step("tail")).name("Tail").build("terminating", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.message, scene.effects], ["Terminated", "b fails", ["a", "b"]]);
  },

  "the saga's tail waits for the undo": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().saga(
      (s) =>
        s.then(scene.step("a")).name("A").compensateWith(async (ctx) => {
          await pass(ctx);
          scene.note("undo a");
        }).then(scene.failing("b")).name("B"),
      { then: "continue" },
    ).name("Saga")
      .then(scene.step("tail")).name("Tail").build("tail", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "tail");
    await reached;
    deepEqual(scene.effects, ["a", "b"]);
    deepEqual(await scene.pointers(), ["Saga Waiting", "A Complete", "B Failed", "undo of A Compensating"]);
    open();
    await scene.until(run.result());
    deepEqual(scene.effects, ["a", "b", "undo a", "tail"]);
  },

  "an inner saga that goes on is not undone twice, and its failure does not reach the outer one": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().saga((outer) =>
      outer.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .saga((inner) =>
          inner.then(scene.step("b")).name("B").compensateWith(scene.step("undo b"))
            .then(scene.failing("c")).name("C"), { then: "continue" }).name("Inner")
        .then(scene.failing("d")).name("D")
    ).name("Outer").build("twice", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.step], ["Failed", "D"]);
    deepEqual(scene.effects, ["a", "b", "c", "undo b", "d", "undo a"]);
  },

  "a NonRetryableError inside ends the retries of the saga, which is undone all the same": async (scene) => {
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .then(() => {
          throw new NonRetryableError("never");
        }).name("B")
    ).name("Saga").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 5 })).build("final", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.type, scene.effects], ["Failed", "NonRetryableError", ["a", "undo a"]]);
  },

  "a step inside a saga with retries of its own is tried again before anything is undone": async (scene) => {
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .then(scene.failing("b")).name("B").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 2 }))
    ).name("Saga").build("patient", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects, scene.seconds], ["Failed", ["a", "b", "b", "b", "undo a"], 2]);
  },

  "cancelling a run undoes its open sagas, and not those that are done": async (scene) => {
    const definition = new WorkflowBuilder()
      .saga((s) => s.then(scene.step("done")).name("Done").compensateWith(scene.step("undo done")))
      .name("First")
      .saga((s) =>
        s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
          .then(scene.step("b")).name("B").compensateWith(scene.step("undo b"))
          .waitFor("never", "k").name("Wait")
      ).name("Second").build("cancelled", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "cancelled");
    await scene.pass("1s");
    await scene.until(host.cancelWorkflow(run.id));
    const { status } = await scene.until(run.atRest());
    deepEqual([status, scene.effects], ["Cancelled", ["done", "a", "b", "undo b", "undo a"]]);
  },
};
