import { deepEqual, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { door } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

/** Steps in a row, and the data they share. */
export const dataCases: Cases = {
  "1. two steps: each runs once": async (scene) => {
    const definition = new WorkflowBuilder()
      .startWith(scene.step("one")).name("One").then(scene.step("two")).name("Two").build("two-steps", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error, scene.effects], ["Complete", null, ["one", "two"]]);
  },

  "2. inputs, outputs, nested values and long numbers in text arrive untouched": async (scene) => {
    interface Sum {
      readonly a: number;
      readonly b: number;
      readonly sum?: number;
      readonly kept: { readonly deep: readonly [null, true, { readonly text: string }] };
      readonly digits: string;
    }
    const definition = new WorkflowBuilder<Sum>()
      .startWith((ctx) => (ctx.input as number[]).reduce((a, b) => a + b)).name("Add")
      .input((data) => [data.a, data.b]).output("sum").build("add", 1);
    const kept = { deep: [null, true, { text: "ä\u2028\u{1f600}" }] };
    const digits = "1.235465673450897890";
    const { status, data } = await scene.play(definition, { a: 2, b: 3, kept, digits });
    equal(status, "Complete");
    deepEqual(data, { a: 2, b: 3, kept, digits, sum: 5 });
    const [add] = await scene.store.pointers("run-1");
    deepEqual([add?.input, add?.output], [[2, 3], 5]);
  },

  "3. if: a condition is evaluated once, and the step after runs last": async (scene) => {
    interface Counted {
      readonly counter: number;
    }
    let evaluated = 0;
    const is = (test: (counter: number) => boolean) => (data: Counted) => {
      evaluated++;
      return test(data.counter);
    };
    const definition = new WorkflowBuilder<Counted>()
      .ifDo(is((n) => n < 3), (b) => b.then(scene.step("less than 3")))
      .ifDo(is((n) => n === 5), (b) => b.then(scene.step("equals 5")))
      .ifDo(is((n) => n === 2), (b) => b.then(scene.step("equals 2")))
      .then(scene.step("after")).name("After").build("ifs", 1);
    const { status } = await scene.play(definition, { counter: 2 });
    deepEqual([status, scene.effects, evaluated], ["Complete", ["less than 3", "equals 2", "after"], 3]);
  },

  "4. while: three rounds of three steps, then the step after once": async (scene) => {
    interface Counted {
      readonly counter: number;
    }
    const definition = new WorkflowBuilder<Counted>()
      .whileDo(
        (data) => data.counter < 3,
        (b) =>
          b.then(scene.step("a")).name("A").then(scene.step("b")).name("B")
            .then((ctx) => ctx.update("counter", (n) => n + 1)).name("Count"),
      )
      .then((ctx) => scene.note(ctx.data.counter)).name("After").build("rounds", 1);
    const { status, data } = await scene.play(definition, { counter: 0 });
    deepEqual([status, data], ["Complete", { counter: 3 }]);
    deepEqual(scene.effects, ["a", "b", "a", "b", "a", "b", 3]);
  },

  "5. forEach with ctx.update sums what concurrent branches add; an empty collection runs nothing": async (
    scene,
  ) => {
    interface List {
      readonly items: readonly number[];
      readonly sum: number;
    }
    const definition = new WorkflowBuilder<List>()
      .forEach((data) => data.items, (b) =>
        b.then((ctx) => {
          scene.note(ctx.item);
          ctx.update("sum", (sum) => sum + (ctx.item as number));
          return (ctx.item as number) * 10;
        }).name("Add"))
      .name("Each").then(scene.step("after")).name("After").build("sum", 1);
    const host = await scene.host([definition]);
    const full = await scene.start<List>(host, "sum", { items: [2, 2, 3], sum: 0 });
    deepEqual(await scene.until(full.result()), { items: [2, 2, 3], sum: 7 });
    const empty = await scene.start<List>(host, "sum", { items: [], sum: 0 });
    deepEqual(await scene.until(empty.result()), { items: [], sum: 0 });
    deepEqual(scene.effects, [2, 2, 3, "after", "after"]);
    const outputs = async (runId: string) =>
      (await scene.store.pointers(runId)).find(({ stepKey }) => stepKey === "Each")?.output;
    deepEqual([await outputs(full.id), await outputs(empty.id)], [[20, 20, 30], []]);
  },

  "7. outcomes true and false: one branch each": async (scene) => {
    const decide = (name: string, answer: boolean) =>
      new WorkflowBuilder().decide(() => answer).name("Decide")
        .outcome(true, (b) => b.then(scene.step(`${name}: yes`)).name("Yes"))
        .outcome(false, (b) => b.then(scene.step(`${name}: no`)).name("No"))
        .then(scene.step(`${name}: after`)).name("After").build(name, 1);
    const host = await scene.host([decide("first", true), decide("second", false)]);
    for (const name of ["first", "second"]) await scene.until((await scene.start(host, name)).result());
    deepEqual(scene.effects, ["first: yes", "first: after", "second: no", "second: after"]);
  },

  "8. decide by a value of the data: the sum or the difference": async (scene) => {
    interface Terms {
      readonly sign: "+" | "-" | "?";
      readonly a: number;
      readonly b: number;
      readonly result?: number;
    }
    const definition = new WorkflowBuilder<Terms>()
      .decide((data) => data.sign).name("Sign")
      .outcome("+", (b) => b.then((ctx) => ctx.set({ result: ctx.data.a + ctx.data.b })).name("Add"))
      .outcome("-", (b) => b.then((ctx) => ctx.set({ result: ctx.data.a - ctx.data.b })).name("Subtract"))
      .build("calculate", 1);
    const host = await scene.host([definition]);
    const results = [];
    for (const sign of ["+", "-", "?"] as const) {
      const run = await scene.start<Terms>(host, "calculate", { sign, a: 2, b: 3 });
      results.push((await scene.until(run.result())).result ?? null);
    }
    deepEqual(results, [5, -1, null]);
  },

  "ctx.data is a frozen snapshot: assigning to it fails the step, names the remedy and changes nothing":
    async (scene) => {
      interface Nested {
        deep: { n: number };
      }
      const definition = new WorkflowBuilder<Nested>({ onError: ErrorBehavior.fail() }).startWith((ctx) => {
        (ctx.data as Nested).deep.n = 2;
      }).name("Assign").build("assigning", 1);
      const { status, error, data } = await scene.play(definition, { deep: { n: 1 } });
      deepEqual([status, error?.type, data], ["Failed", "TypeError", { deep: { n: 1 } }]);
      match(error!.message, /read only.*ctx\.set\(/);
    },

  "a body sees the data as they were when it began; ctx.update works on the newest": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder<{ readonly n: number }>().parallel((p) =>
      p.branch((b) =>
        b.then(async (ctx) => {
          await pass(ctx as unknown as StepContext);
          scene.note(`slow sees ${ctx.data.n}`);
          ctx.update("n", (n) => n + 1);
        }).name("Slow")
      ).branch((b) =>
        b.then(async (ctx) => {
          await reached;
          ctx.set({ n: 5 });
        }).name("Quick").then((ctx) => {
          scene.note(`quick sees ${ctx.data.n}`);
          open();
        }).name("Look")
      )
    ).name("Both").build("snapshot", 1);
    const { data } = await scene.play(definition, { n: 0 });
    deepEqual([data, scene.effects], [{ n: 6 }, ["quick sees 5", "slow sees 0"]]);
  },

  "ctx.set replaces keys and deletes those it gives as undefined; ctx.output reads earlier steps": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder<
      { readonly kept: number; readonly gone?: number[]; readonly to?: object }
    >()
      .startWith((ctx) => {
        ctx.set({ gone: undefined, to: { x: 1 } });
        return { answer: 42 };
      }).name("Set")
      .then((ctx) => ctx.set({ to: { y: 2 } })).name("Replace")
      .then(async (ctx) => {
        scene.note([await ctx.output("Set") ?? null, await ctx.output("Replace") ?? null]);
      }).name("Read").build("setting", 1);
    const { data } = await scene.play(definition, { kept: 1, gone: [1] });
    deepEqual([data, scene.effects], [{ kept: 1, to: { y: 2 } }, [[{ answer: 42 }, null]]]);
  },
};
