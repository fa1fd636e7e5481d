import { deepEqual, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { door, untilAborted } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** What an undo sees, when it runs, and what becomes of it when it fails. */
export const undoCases: Cases = {
  "a throwing undo is tried again, then suspends the run with the reason; resumed, it goes on from there":
    async (
      scene,
    ) => {
      let ill = true;
      const definition = new WorkflowBuilder().saga(
        (s) =>
          s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
            .then(scene.step("b")).name("B").compensateWith(() => {
              scene.note("undo b");
              if (ill) throw new Error("no way back");
            }, { onError: ErrorBehavior.retry({ interval: "1s", maxRetries: 2 }) })
            .then(scene.failing("c")).name("C"),
        { then: "continue" },
      ).name("Saga")
        .then(scene.step("tail")).name("Tail").build("throwing", 1);
      const host = await scene.host([definition]);
      const run = await scene.start(host, "throwing");
      const { status, reason } = await scene.until(run.atRest());
      equal(status, "Suspended");
      match(reason!, /the undo of step "B" failed: no way back/);
      deepEqual(scene.effects, ["a", "b", "c", "undo b", "undo b", "undo b"]);
      ill = false;
      await scene.until(host.resumeWorkflow(run.id));
      await scene.until(run.result());
      deepEqual(scene.effects.slice(6), ["undo b", "undo a", "tail"]);
    },

  "an undo sees input, output and error of its activation, and data as they are now": async (scene) => {
    const see = (ctx: StepContext<{ readonly n: number }>): void => {
      const { input, output, error } = ctx.undoing!;
      scene.note({ input, output, error: error && `${error.type}: ${error.message}` });
      scene.note([ctx.data.n, ctx.idempotencyKey]);
    };
    const definition = new WorkflowBuilder<{ readonly n: number }>().saga((s) =>
      s.then((ctx) => {
        ctx.set({ n: 2 });
        return { reserved: 7 };
      }).name("Reserve").input((data) => ["from", data.n]).compensateWith((ctx) => {
        see(ctx);
        ctx.set({ n: 0 });
      }).then((ctx) => {
        ctx.set({ n: 99 });
        throw new RangeError("too much");
      }).name("Pay").compensateWith(see), { then: "continue" }).name("Saga").build("seeing", 1);
    const { status, data } = await scene.play(definition, { n: 1 });
    deepEqual([status, data], ["Complete", { n: 0 }]);
    deepEqual(scene.effects, [
      { input: null, output: null, error: "RangeError: too much" },
      [2, "run-1/3/undo"],
      { input: ["from", 1], output: { reserved: 7 }, error: null },
      [2, "run-1/2/undo"],
    ]);
  },

  "nested containers: everything that was started inside is undone, by descending order of commits": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .forEach(() => [1, 2], (each) =>
          each.then((ctx) => scene.note(`item ${ctx.item}`)).name("Item")
            .compensateWith((ctx) => scene.note(`undo item ${ctx.item}`)), { sequential: true }).name("Each")
        .ifDo(
          () => true,
          (then) =>
            then.saga((inner) => inner.then(scene.step("b")).name("B").compensateWith(scene.step("undo b")))
              .name("Inner"),
        ).name("If")
        .then(scene.failing("c")).name("C")
    ).name("Outer").build("nested", 1);
    const { status } = await scene.play(definition);
    equal(status, "Failed");
    deepEqual(scene.effects, [
      "a",
      "item 1",
      "item 2",
      "b",
      "c",
      "undo b",
      "undo item 2",
      "undo item 1",
      "undo a",
    ]);
  },

  "the undo starts when every sibling in flight has settled": async (scene) => {
    const { reached, pass } = door();
    const settled = door();
    const definition = new WorkflowBuilder().saga(
      (s) =>
        s.parallel((p) =>
          p.branch((b) =>
            b.then(async (ctx) => {
              await untilAborted(ctx).catch(() => {});
              void pass(ctx);
              await settled.pass(ctx);
              scene.note("sibling settled");
            }).name("Sibling").compensateWith(scene.step("undo sibling"))
          ).branch((b) => b.then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad")))
        ).name("Both"),
      { then: "continue" },
    ).name("Saga").then(scene.step("tail")).name("Tail")
      .build("siblings", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "siblings");
    await reached;
    deepEqual(scene.effects, ["bad"]);
    settled.open();
    await scene.until(run.result());
    deepEqual(scene.effects, ["bad", "sibling settled", "undo bad", "undo sibling", "tail"]);
  },

  "what was started and cut short is undone too; what was not started is not": async (scene) => {
    const definition = new WorkflowBuilder().saga(
      (s) =>
        s.parallel((p) =>
          p.branch((b) =>
            b.then(untilAborted).name("Endless").compensateWith(scene.step("undo endless"))
              .then(scene.step("never")).name("Never").compensateWith(scene.step("undo never"))
          ).branch((b) => b.then(scene.failing("bad")).name("Bad"))
        ).name("Both"),
      { then: "continue" },
    ).name("Saga").build("started", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Complete", ["bad", "undo endless"]]);
  },

  "a sibling that does not heed its signal is waited for as long as the grace, and undone": async (scene) => {
    const definition = new WorkflowBuilder().saga(
      (s) =>
        s.parallel((p) =>
          p.branch((b) =>
            b.then(() => new Promise<void>(() => {})).name("Deaf").compensateWith(scene.step("undo deaf"))
          )
            .branch((b) => b.then(scene.failing("bad")).name("Bad"))
        ).name("Both"),
      { then: "continue" },
    ).name("Saga").then(scene.step("tail")).name("Tail").build("deaf", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects, scene.seconds], ["Complete", ["bad", "undo deaf", "tail"], 10]);
  },

  "undos run one at a time": async (scene) => {
    let running = 0;
    const undo = async () => {
      scene.note(++running);
      await new Promise((resolve) => setTimeout(resolve, 0));
      running--;
    };
    const definition = new WorkflowBuilder().saga((s) =>
      s.forEach(() => [1, 2, 3, 4], (b) => b.then(() => {}).name("Item").compensateWith(undo)).name("Each")
        .then(scene.failing("bad")).name("Bad")
    ).name("Saga").build("one-by-one", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Failed", ["bad", 1, 1, 1, 1]]);
  },
};
