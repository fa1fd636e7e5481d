/** The scenarios that every store must pass, by pure functions alone: see the contract suite for the others. */
import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonObject } from "../definition/json.ts";
import type { StepContext } from "../definition/step_context.ts";
import { Scene } from "./testing_scene.ts";

/** Bodies that note that they have run. */
function recorder(): {
  readonly ran: string[];
  step(name: string): () => void;
  failing(name: string): () => never;
} {
  const ran: string[] = [];
  return {
    ran,
    step: (name) => () => void ran.push(name),
    failing: (name) => () => {
      ran.push(name);
      throw new Error(`${name} fails`);
    },
  };
}

Deno.test("1: two steps run once each", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder().startWith(step("a")).then(step("b")).build("w", 1);
  const scene = new Scene(definition).finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["a", "b"]);
});

Deno.test("2: inputs reach a step, its output reaches the data, and what is beside survives untouched", () => {
  interface Sum {
    readonly a: number;
    readonly b: number;
    readonly sum?: number;
    readonly nested: { readonly deep: { readonly list: readonly (number | string)[] } };
    readonly text: string;
  }
  const data = { a: 2, b: 3, nested: { deep: { list: [1, "x"] } }, text: "1.235465673450897890" };
  const definition = new WorkflowBuilder<Sum>()
    .startWith((ctx) => {
      const { a, b } = ctx.input as { a: number; b: number };
      return a + b;
    }).input(({ a, b }) => ({ a, b })).output("sum")
    .build("w", 1);
  const scene = new Scene(definition, { data }).finish();
  equal(scene.run.status, "Complete");
  deepEqual(scene.run.data, { ...data, sum: 5 });
});

Deno.test("3: if runs its branch where the condition holds, and goes on behind it", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder<{ readonly counter: number }>()
    .ifDo((data) => data.counter < 3, (b) => b.then(step("<3")))
    .ifDo((data) => data.counter === 5, (b) => b.then(step("==5")))
    .ifDo((data) => data.counter === 2, (b) => b.then(step("==2")))
    .then(step("after"))
    .build("w", 1);
  const scene = new Scene(definition, { data: { counter: 2 } }).finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["<3", "==2", "after"]);
});

Deno.test("4: while runs its branch until the condition holds no more", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder<{ readonly counter: number }>()
    .whileDo((data) => data.counter < 3, (b) =>
      b.then(step("a")).then(step("b")).then((ctx) => {
        ran.push("c");
        ctx.update("counter", (counter) => counter + 1);
      }))
    .then(step("after"))
    .build("w", 1);
  const scene = new Scene(definition, { data: { counter: 0 } }).finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["a", "b", "c", "a", "b", "c", "a", "b", "c", "after"]);
  equal(scene.run.data.counter, 3);
});

Deno.test("5: forEach sums by update over all items, and over none", () => {
  interface Sum {
    readonly items: readonly number[];
    readonly sum: number;
    readonly runs: number;
  }
  const definition = new WorkflowBuilder<Sum>()
    .forEach((data) => data.items, (b) =>
      b.then((ctx) => {
        ctx.update("sum", (sum) => sum + (ctx.item as number));
        ctx.update("runs", (runs) => runs + 1);
      }))
    .build("w", 1);
  const full = new Scene(definition, { data: { items: [2, 2, 3], sum: 0, runs: 0 } }).finish();
  deepEqual([full.run.status, full.run.data.sum, full.run.data.runs], ["Complete", 7, 3]);
  const empty = new Scene(definition, { data: { items: [], sum: 0, runs: 0 } }).finish();
  deepEqual([empty.run.status, empty.run.data.sum, empty.run.data.runs], ["Complete", 0, 0]);
});

Deno.test("6: a sequential forEach takes the sum of its delays, a concurrent one the longest", () => {
  const build = (sequential: boolean) => {
    const seen: unknown[] = [];
    const definition = new WorkflowBuilder()
      .forEach(
        () => [10, 2, 3],
        (b) => b.delay((_data, { item }) => `${item}s`).then((ctx) => void seen.push(ctx.item)),
        { sequential },
      )
      .build("w", 1);
    return { seen, scene: new Scene(definition) };
  };
  const one = build(true);
  one.scene.finish();
  deepEqual([one.scene.run.status, one.seen, one.scene.now - 1_000], ["Complete", [10, 2, 3], 15_000]);
  const all = build(false);
  all.scene.finish();
  deepEqual([all.scene.run.status, all.seen, all.scene.now - 1_000], ["Complete", [2, 3, 10], 10_000]);
});

Deno.test("7: an outcome chooses one of the steps that follow", () => {
  for (const value of [true, false]) {
    const { ran, step } = recorder();
    const definition = new WorkflowBuilder()
      .startWith(() => ExecutionResult.outcome(value))
      .outcome(true, (b) => b.then(step("yes")))
      .outcome(false, (b) => b.then(step("no")))
      .build("w", 1);
    equal(new Scene(definition).finish().run.status, "Complete");
    deepEqual(ran, [value ? "yes" : "no"]);
  }
});

Deno.test("8: decide leads to the operation that it names", () => {
  interface Calculation {
    readonly a: number;
    readonly b: number;
    readonly operation: string;
    readonly result?: number;
  }
  const definition = new WorkflowBuilder<Calculation>()
    .decide((data) => data.operation)
    .outcome("+", (b) => b.then((ctx) => ctx.data.a + ctx.data.b).output((result) => ({ result })))
    .outcome("-", (b) => b.then((ctx) => ctx.data.a - ctx.data.b).output((result) => ({ result })))
    .build("w", 1);
  for (const [operation, result] of [["+", 5], ["-", -1]] as const) {
    const scene = new Scene(definition, { data: { a: 2, b: 3, operation } }).finish();
    deepEqual([scene.run.status, scene.run.data.result], ["Complete", result]);
  }
});

Deno.test("9: of three parallel branches the one that waits for an event holds the others up only at the join", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder()
    .parallel((p) =>
      p.branch((b) => b.then(step("1a")).then(step("1b")))
        .branch((b) => b.then(step("2a")).waitFor("go", "key").then(step("2b")))
        .branch((b) => b.then(step("3a")).then(step("3b")))
    )
    .then(step("after"))
    .build("w", 1);
  const scene = new Scene(definition).finish();
  deepEqual(ran.toSorted(), ["1a", "1b", "2a", "3a", "3b"]);
  scene.publish("go", "key");
  scene.finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran.toSorted(), ["1a", "1b", "2a", "2b", "3a", "3b", "after"]);
});

Deno.test("10: two successive waits, whose keys come from the data, each get their event", () => {
  interface Passes {
    readonly key: string;
    readonly first?: unknown;
    readonly second?: unknown;
  }
  const definition = new WorkflowBuilder<Passes>()
    .waitFor("event", (data) => `${data.key}1`).output((first) => ({ first }))
    .waitFor("event", (data) => `${data.key}2`).output((second) => ({ second }))
    .build("w", 1);
  const scene = new Scene(definition, { data: { key: "k" } }).finish();
  scene.publish("event", "k1", "Pass1");
  scene.finish();
  scene.publish("event", "k2", "Pass2");
  scene.finish();
  equal(scene.run.status, "Complete");
  deepEqual(scene.run.data, { key: "k", first: "Pass1", second: "Pass2" });
});

Deno.test("11: five events published before the start come to five successive waits in order", () => {
  const since = 100;
  let chain = new WorkflowBuilder<{ readonly got: readonly unknown[] }>()
    .waitFor("event", "key", { since }).output((got, data) => ({ got: [...data.got, got] }));
  for (let wait = 1; wait < 5; wait++) {
    chain = chain.waitFor("event", "key", { since: new Date(since) }).output((got, data) => ({
      got: [...data.got, got],
    }));
  }
  const published = [1, 2, 3, 4, 5].map((data) => ({ data, time: since + data }));
  const early = { data: 0, time: since - 1 };
  const scene = new Scene(chain.build("w", 1), { data: { got: [] }, published: [early, ...published] })
    .finish();
  equal(scene.run.status, "Complete");
  deepEqual(scene.run.data.got, [1, 2, 3, 4, 5]);
});

Deno.test("12: a delay longer than any sweep survives its hosts, and the step behind it runs once", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder().delay("90d").then(step("after")).build("w", 1);
  const scene = new Scene(definition).settleAll();
  const due = 1_000 + 90 * 86_400_000;
  deepEqual([scene.run.owner, scene.run.nextWake], [null, due]);
  for (scene.now += 1_000_000_000; scene.now < due; scene.now += 1_000_000_000) {
    scene.crash();
    scene.settleAll();
    deepEqual(ran, []);
  }
  scene.now = due;
  scene.finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["after"]);
});

Deno.test("13: endWorkflow inside an endless loop completes the run", () => {
  const { ran, step } = recorder();
  const definition = new WorkflowBuilder()
    .whileDo(() => true, (b) => b.then(step("body")).endWorkflow())
    .then(step("after"))
    .build("w", 1);
  const scene = new Scene(definition).finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["body"]);
  deepEqual(scene.told.filter(({ type }) => type === "WorkflowCompleted").length, 1);
});

Deno.test("15: an undo runs when its saga fails, and only then", () => {
  const { ran, step, failing } = recorder();
  const build = (second: () => void) =>
    new WorkflowBuilder()
      .saga((s) => s.then(step("first")).compensateWith(step("undo")).then(second), { then: "continue" })
      .then(step("tail"))
      .build("w", 1);
  equal(new Scene(build(step("second"))).finish().run.status, "Complete");
  deepEqual(ran.splice(0), ["first", "second", "tail"]);
  const scene = new Scene(build(failing("second"))).finish();
  deepEqual([scene.run.status, scene.run.error], ["Complete", null]);
  deepEqual(ran, ["first", "second", "undo", "tail"]);
  equal(scene.steps("StepFailed").length, 1);
});

Deno.test("16: undos run from the failing step backwards", () => {
  const { ran, step, failing } = recorder();
  const definition = new WorkflowBuilder()
    .saga((s) =>
      s.then(step("s1")).compensateWith(step("c1"))
        .then(step("s2")).compensateWith(step("c2"))
        .then(step("s3")).compensateWith(step("c3"))
        .then(failing("s4")).compensateWith(step("c4"))
    )
    .build("w", 1);
  const scene = new Scene(definition).finish();
  deepEqual(ran, ["s1", "s2", "s3", "s4", "c4", "c3", "c2", "c1"]);
  deepEqual([scene.run.status, scene.run.error?.message], ["Failed", "s4 fails"]);
});

Deno.test("17: only what is inside the failing saga is undone, the saga itself last", () => {
  const { ran, step, failing } = recorder();
  const definition = new WorkflowBuilder()
    .startWith(step("s1")).compensateWith(step("c1"))
    .saga((s) =>
      s.then(step("s2")).compensateWith(step("c2"))
        .then(failing("s3")).compensateWith(step("c3"))
        .then(step("s4")).compensateWith(step("c4")), { then: "continue" }).compensateWith(step("c5"))
    .then(step("tail")).compensateWith(step("c6"))
    .build("w", 1);
  const scene = new Scene(definition).finish();
  equal(scene.run.status, "Complete");
  deepEqual(ran, ["s1", "s2", "s3", "c3", "c2", "c5", "tail"]);
  equal(scene.steps("StepFailed").length, 1);
});

Deno.test("18: a saga with retry starts again only when it has been undone", () => {
  const { ran, step } = recorder();
  let attempts = 0;
  const definition = new WorkflowBuilder()
    .saga((s) =>
      s.then(step("a")).compensateWith(step("undo a")).then(() => {
        ran.push("b");
        if (++attempts < 3) throw new Error("not yet");
      }).compensateWith(step("undo b"))
    ).onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 2 }))
    .then(step("tail"))
    .build("w", 1);
  const scene = new Scene(definition).finish();
  equal(scene.run.status, "Complete");
  const undone = ["a", "b", "undo b", "undo a"];
  deepEqual(ran, [...undone, ...undone, "a", "b", "tail"]);
  equal(scene.steps("StepFailed").length, 2);
  equal(scene.now - 1_000, 10_000);
});

Deno.test("19: terminate() inside a saga ends the run as Terminated, without an undo", () => {
  const { ran, step, failing } = recorder();
  const definition = new WorkflowBuilder()
    .saga((s) =>
      s.then(step("a")).compensateWith(step("undo a"))
        .ifDo(() => true, (b) => b.then(failing("b")).onError(ErrorBehavior.terminate()))
        .then(step("c"))
    )
    .then(step("tail"))
    .build("w", 1);
  const scene = new Scene(definition).finish();
  deepEqual([scene.run.status, scene.run.error?.message], ["Terminated", "b fails"]);
  deepEqual(ran, ["a", "b"]);
});

Deno.test("22: the limit of retries ends the run with the last error; attempts and schedule survive a restart", () => {
  const times: number[] = [];
  let scene: Scene | undefined = undefined;
  const definition = new WorkflowBuilder()
    .startWith((ctx) => {
      times.push((scene as Scene | undefined)?.now ?? 0);
      throw new TypeError(`attempt ${ctx.attempt}`);
    }).onError(ErrorBehavior.retry({ interval: "10s", maxRetries: 2, backoff: 3 }))
    .build("w", 1);
  scene = new Scene(definition);
  scene.settleAll();
  const due = scene.run.nextWake!;
  scene.now += 4_000;
  scene.crash();
  scene.settleAll();
  equal(scene.run.nextWake, due, "the schedule survives");
  scene.finish();
  deepEqual(times, [1_000, 11_000, 41_000]);
  const { type, message, attempt, step, stack } = scene.run.error!;
  deepEqual([scene.run.status, type, message, attempt, step], [
    "Failed",
    "TypeError",
    "attempt 3",
    3,
    "1:step",
  ]);
  equal(typeof stack, "string");
});

Deno.test("a body sees its data, item, state and attempt", () => {
  const seen: JsonObject[] = [];
  const body = (ctx: StepContext<{ readonly x: number }>) => {
    seen.push({ x: ctx.data.x, item: ctx.item, state: ctx.state ?? null, attempt: ctx.attempt });
    return ctx.state === undefined ? ExecutionResult.persist(7) : null;
  };
  const definition = new WorkflowBuilder<{ readonly x: number }>()
    .forEach(() => ["i"], (b) => b.then(body).onError(ErrorBehavior.fail())).build("w", 1);
  new Scene(definition, { data: { x: 1 } }).finish();
  deepEqual(seen, [{ x: 1, item: "i", state: null, attempt: 1 }, { x: 1, item: "i", state: 7, attempt: 2 }]);
});
