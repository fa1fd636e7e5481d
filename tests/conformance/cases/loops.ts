import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { Transition } from "../../../src/instance/transition.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { Cases } from "../cases.ts";

interface Counted {
  readonly counter: number;
}

/** Loops over items and while a condition holds. */
export const loopCases: Cases = {
  "6. a sequential forEach takes the sum of its delays, a concurrent one the longest": async (scene) => {
    const build = (id: string, sequential: boolean) =>
      new WorkflowBuilder<{ readonly last?: number }>()
        .forEach(() => [10, 2, 3], (b) =>
          b.delay((_data, { item }) => `${item}s`).name("Nap").then((ctx) => {
            scene.note(ctx.item);
            ctx.set({ last: ctx.item as number });
          }).name("Note"), { sequential }).name("Each").build(id, 1);
    const host = await scene.host([build("in-order", true), build("at-once", false)]);
    const inOrder = await scene.start<{ last?: number }>(host, "in-order");
    deepEqual(await scene.until(inOrder.result()), { last: 3 });
    equal(Math.round(scene.seconds), 15);
    deepEqual(scene.effects, [10, 2, 3]);
    const atOnce = await scene.start<{ last?: number }>(host, "at-once");
    deepEqual(await scene.until(atOnce.result()), { last: 10 });
    equal(Math.round(scene.seconds), 25);
    deepEqual(scene.effects.slice(3), [2, 3, 10]);
  },

  "13. endWorkflow ends an endless loop; the step after it never runs": async (scene) => {
    const definition = new WorkflowBuilder()
      .whileDo(() => true, (b) => b.then(scene.step("body")).name("Body").endWorkflow())
      .then(scene.step("after")).name("After").build("endless", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects, scene.told("WorkflowCompleted")], ["Complete", ["body"], 1]);
  },

  "the collection is evaluated once, and may be anything that can be iterated": async (scene) => {
    let evaluated = 0;
    const definition = new WorkflowBuilder().forEach(
      () => {
        evaluated++;
        return new Set(["a", "b", "c"]);
      },
      (b) => b.delay("1s").name("Nap").then((ctx) => scene.note(ctx.item)).name("Note"),
      { sequential: true },
    ).name("Each").build("set", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, evaluated, scene.effects], ["Complete", 1, ["a", "b", "c"]]);
  },

  "what cannot be iterated is a failure of the step, under its policy": async (scene) => {
    let evaluated = 0;
    const definition = new WorkflowBuilder().forEach(
      () => {
        evaluated++;
        return 5 as never;
      },
      (b) => b.then(scene.step("never")).name("Never"),
    ).name("Each").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 })).build("number", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.type, error?.step, evaluated], ["Failed", "TypeError", "Each", 2]);
    deepEqual(scene.effects, []);
  },

  'a failure with one item cancels the others; with errors: "wait" they end first': async (scene) => {
    const build = (id: string, errors: "cancel" | "wait") =>
      new WorkflowBuilder({ onError: ErrorBehavior.fail() }).forEach(
        () => [3, 1, 2],
        (b) =>
          b.delay((_data, { item }) => `${item}s`).name("Nap").then((ctx) => {
            scene.note(`${id} ${ctx.item}`);
            if (ctx.item === 1) throw new Error("one");
          }).name("Note"),
        { errors },
      ).name("Each").build(id, 1);
    const host = await scene.host([build("cancel", "cancel"), build("wait", "wait")]);
    for (const id of ["cancel", "wait"]) {
      const { status, error } = await scene.until((await scene.start(host, id)).atRest());
      deepEqual([status, error?.message], ["Failed", "one"]);
    }
    deepEqual(scene.effects, ["cancel 1", "wait 1", "wait 2", "wait 3"]);
  },

  "1,000 branches under a concurrency limit: never more at once, results in the order of the items": async (
    scene,
  ) => {
    const items = Array.from({ length: 1_000 }, (_, index) => index);
    let running = 0;
    let most = 0;
    const definition = new WorkflowBuilder().forEach(() => items, (b) =>
      b.then(async (ctx) => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return ctx.item as number;
      }).name("Work"), { concurrency: 7 }).name("Each").build("many", 1);
    const { status } = await scene.play(definition);
    const pointers = await scene.store.pointers("run-1");
    deepEqual([status, most, pointers.length], ["Complete", 7, 1_001]);
    deepEqual(pointers[0]?.output, items);
  },

  "the condition of a while is evaluated once an iteration, and may use its number": async (scene) => {
    const evaluated: number[] = [];
    const definition = new WorkflowBuilder<Counted>()
      .whileDo((_data, { index }) => {
        evaluated.push(index);
        return index < 4;
      }, (b) => b.then((ctx) => ctx.update("counter", (n) => n + 1)).name("Count").delay("1s").name("Nap"))
      .name("Loop").build("numbered", 1);
    const { status, data } = await scene.play(definition, { counter: 0 });
    deepEqual([status, data, evaluated], ["Complete", { counter: 4 }, [0, 1, 2, 3, 4]]);
  },

  "loops inside loops: each inner loop begins anew": async (scene) => {
    const definition = new WorkflowBuilder()
      .forEach(
        () => ["a", "b"],
        (outer) =>
          outer.whileDo(
            (_data, { index }) => index < 2,
            (inner) =>
              inner.forEach((_data, { item }) => [`${item}1`, `${item}2`], (innermost) =>
                innermost.then((ctx) => scene.note(ctx.item)).name("Note"), { sequential: true }).name(
                  "Inner",
                ),
          )
            .name("Loop"),
        { sequential: true },
      ).name("Outer").build("nested", 1);
    const { status } = await scene.play(definition);
    equal(status, "Complete");
    deepEqual(scene.effects, ["a1", "a2", "a1", "a2", "b1", "b2", "b1", "b2"]);
  },

  "an iteration keeps its idempotency key over its attempts, and the next has another": async (scene) => {
    const definition = new WorkflowBuilder().whileDo((_data, { index }) => index < 2, (b) =>
      b.then((ctx) => {
        scene.note(ctx.idempotencyKey);
        if (ctx.attempt === 1) throw new Error("once");
      }).name("Flaky").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 }))).name("Loop")
      .build("keys", 1);
    await scene.play(definition);
    const [first, again, second, last] = scene.effects;
    deepEqual([first === again, second === last, first === second], [true, true, false]);
  },

  "a loop of thousands of iterations costs the same per iteration at its end, and keeps its last 100": async (
    scene,
  ) => {
    const { iterations } = scene;
    const work: { readonly rows: number; readonly bytes: number }[] = [];
    const store = counting(scene.store, ({ pointers, instance }) => {
      work.push({ rows: pointers.length, bytes: JSON.stringify({ pointers, instance }).length });
    });
    const definition = new WorkflowBuilder<Counted>().whileDo(
      (data) => data.counter < iterations,
      (b) => b.then((ctx) => ctx.update("counter", (n) => n + 1)).name("Count"),
    ).name("Loop").build("long", 1);
    const host = await scene.host([definition], { store });
    const run = await scene.start<Counted>(host, "long", { counter: 0 });
    equal((await scene.until(run.result())).counter, iterations);
    const kept = await scene.store.pointers("run-1");
    equal(kept.length, 101);
    equal(work.length, iterations, "one commit an iteration");
    const tenth = iterations / 10;
    const early = work.slice(tenth, 2 * tenth);
    const late = work.slice(9 * tenth - 1, 10 * tenth - 1);
    deepEqual(late.map(({ rows }) => rows), early.map(({ rows }) => rows));
    const bytes = (all: typeof work) => all.reduce((sum, { bytes }) => sum + bytes, 0);
    ok(bytes(late) < bytes(early) * 1.02, `${bytes(late)} bytes late, ${bytes(early)} early`);
  },
};

/** A store whose commits are shown to somebody. */
function counting(store: Persistence, count: (transition: Transition) => void): Persistence {
  return new Proxy(store, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const bound = member.bind(target);
      if (name !== "commit") return bound;
      return (transitions: readonly Transition[]) => {
        transitions.forEach(count);
        return bound(transitions);
      };
    },
  });
}
