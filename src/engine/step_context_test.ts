import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonValue } from "../definition/json.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import type { WorkflowEndedError } from "./errors.ts";
import { door, startHost, startHostWith, turns } from "./testing_host.ts";

const failAtOnce = ErrorBehavior.fail();

Deno.test("ctx.output() finds the result of its own branch, else of one further out, else of anywhere", async () => {
  await using store = new MemoryPersistence();
  const seen: Record<string, JsonValue | undefined> = {};
  const see = (name: string, step: string) => async (ctx: StepContext) => {
    seen[`${name} ${ctx.item}`] = await ctx.output(step);
  };
  const definition = new WorkflowBuilder()
    .startWith(() => "outermost").name("Outer")
    .ifDo(() => true, (b) => b.then(() => "inside the if").name("Aside"))
    .forEach(() => ["a", "b", "c"], (b) =>
      b.then((ctx) => `of ${ctx.item}`).name("Own")
        .ifDo(() => true, (c) => c.then(see("own", "Own")).name("See own"))
        .then(see("outer", "Outer")).name("See outer")
        .then(see("aside", "Aside")).name("See aside")
        .then(see("none", "Later")).name("See none"))
    .then(() => "later").name("Later")
    .build("outputs", 1);
  await using host = await startHost(store, definition);
  await (await host.startWorkflow("outputs")).result();
  for (const item of ["a", "b", "c"]) {
    equal(seen[`own ${item}`], `of ${item}`);
    equal(seen[`outer ${item}`], "outermost");
    equal(seen[`aside ${item}`], "inside the if");
    equal(seen[`none ${item}`], undefined);
  }
});

Deno.test("ctx.output() in a loop is of the same round, and behind it of the last one", async () => {
  await using store = new MemoryPersistence();
  const seen: (JsonValue | undefined)[] = [];
  const definition = new WorkflowBuilder<{ left: number }>()
    .whileDo((data) => data.left > 0, (b) =>
      b.then((ctx) => ctx.data.left).name("Round")
        .then(async (ctx) => {
          seen.push(await ctx.output("Round"));
          ctx.update("left", (left) => left - 1);
        }).name("See"))
    .then(async (ctx) => void seen.push(await ctx.output("Round"))).name("After").build("rounds", 1);
  await using host = await startHost(store, definition);
  await (await host.startWorkflow("rounds", { left: 3 })).result();
  deepEqual(seen, [3, 2, 1, 1]);
});

Deno.test("an undo sees its activation, the newest data, and the outputs of its own branch", async () => {
  await using store = new MemoryPersistence();
  const seen: JsonValue[] = [];
  const look = async (ctx: StepContext) => {
    const { input, output, error } = ctx.undoing!;
    seen.push([
      ctx.step.key,
      ctx.item,
      input,
      output,
      error?.message ?? null,
      await ctx.output("Reserve") ?? null,
      ctx.idempotencyKey.endsWith("/undo"),
    ]);
  };
  const definition = new WorkflowBuilder<{ total: number }>()
    .forEach(() => ["a", "b"], (b) =>
      b.saga((s) =>
        s.then((ctx) => {
          ctx.update("total", (total) => total + 1);
          return `reserved ${ctx.item}`;
        }).name("Reserve").input((_, { item }) => `for ${item}`).compensateWith(look as never)
          .then((ctx) => {
            throw new Error(`no money for ${ctx.item}`);
          }).name("Pay").compensateWith(look as never), { then: "continue" }).name("Saga"))
    .build("undo", 1);
  await using host = await startHost(store, definition);
  const { total } = await (await host.startWorkflow("undo", { total: 0 })).result();
  equal(total, 2);
  const of = (item: string) => seen.filter((entry) => (entry as JsonValue[])[1] === item);
  for (const item of ["a", "b"]) {
    deepEqual(of(item), [
      ["Pay", item, null, null, `no money for ${item}`, `reserved ${item}`, true],
      ["Reserve", item, `for ${item}`, `reserved ${item}`, null, `reserved ${item}`, true],
    ]);
  }
});

Deno.test("what a step publishes goes out with its result, and not at all when it fails", async () => {
  await using store = new MemoryPersistence();
  const got: JsonValue[] = [];
  const listener = new WorkflowBuilder()
    .waitFor("news", "today").name("News").then(async (ctx) =>
      void got.push(await ctx.output("News") ?? null)
    )
    .name("Read").build("listener", 1);
  const speaker = new WorkflowBuilder().startWith((ctx) => {
    ctx.publish("news", "today", { attempt: ctx.attempt }, { messageId: `${ctx.idempotencyKey}/news` });
    if (ctx.attempt < 3) throw new Error("not yet");
    equal(got.length, 0, "nothing goes out before the step has succeeded");
  }).name("Speak").onError(ErrorBehavior.retry({ interval: 1 })).build("speaker", 1);
  await using host = await startHost(store, listener, speaker);
  const first = await host.startWorkflow("listener");
  await (await host.startWorkflow("speaker")).result();
  await first.result();
  deepEqual(got, [{ attempt: 3 }]);
});

Deno.test("a step's publication that is no event, or has no JSON form, fails the step", async () => {
  await using store = new MemoryPersistence();
  const build = (name: string, publish: (ctx: StepContext) => void) =>
    new WorkflowBuilder().startWith(publish).name("One").onError(failAtOnce).build(name, 1);
  await using host = await startHost(
    store,
    build("nameless", (ctx) => ctx.publish("", "key")),
    build("bigint", (ctx) => ctx.publish("name", "key", 1n as never)),
    build("timeless", (ctx) => ctx.publish("name", "key", 1, { time: NaN })),
  );
  await rejects((await host.startWorkflow("nameless")).result(), /Cannot publish an event: its name must be/);
  await rejects((await host.startWorkflow("bigint")).result(), /Cannot store event data/);
  await rejects((await host.startWorkflow("timeless")).result(), /its time must be a date or milliseconds/);
});

Deno.test("a body that asks for branches gets their results in the order of the values", async () => {
  await using store = new MemoryPersistence();
  const entered: JsonValue[] = [];
  const definition = new WorkflowBuilder().startWith((ctx) => {
    entered.push([ctx.state ?? null, (ctx.branches ?? null) as JsonValue]);
    if (ctx.branches) return ExecutionResult.next((ctx.branches as number[]).reduce((a, b) => a + b));
    return ExecutionResult.branch([3, 1, 2], "asked");
  }).name("Ask").do((b) =>
    b.then(async (ctx) => {
      await turns(ctx.item as number);
      return (ctx.item as number) * 10;
    }).name("Answer")
  ).build("branches", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("branches");
  await run.result();
  deepEqual(entered, [[null, null], ["asked", [30, 10, 20]]]);
  equal((await host.getPointers(run.id))[0]?.output, 60);
});

Deno.test("a body that asks for no branches at all is entered again at once", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith((ctx) =>
    ctx.branches ? ExecutionResult.next(ctx.branches.length) : ExecutionResult.branch([])
  ).name("Ask").do((b) => b.then(() => {}).name("Answer")).build("none", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("none");
  await run.result();
  equal((await host.getPointers(run.id))[0]?.output, 0);
});

Deno.test("a body that waits for an event is entered again with it", async () => {
  await using store = new MemoryPersistence();
  const seen: unknown[] = [];
  const definition = new WorkflowBuilder().startWith((ctx) => {
    if (!ctx.event) return ExecutionResult.waitForEvent("paid", "42", { state: { asked: true } });
    const { name, key, data, time } = ctx.event;
    seen.push({ name, key, data, time, state: ctx.state });
    return ExecutionResult.next(data);
  }).name("Wait").build("wait", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("wait");
  const time = Date.now() + 5_000;
  await host.publishEvent("paid", "43", "of somebody else");
  await host.publishEvent("paid", "42", { amount: 10 }, { time });
  await run.result();
  deepEqual(seen, [{ name: "paid", key: "42", data: { amount: 10 }, time, state: { asked: true } }]);
});

Deno.test("ctx.state survives persist and outcome leads on", async () => {
  await using store = new MemoryPersistence();
  const ran: string[] = [];
  const definition = new WorkflowBuilder().startWith((ctx) => {
    const rounds = (ctx.state as number | undefined) ?? 0;
    return rounds < 3 ? ExecutionResult.persist(rounds + 1) : ExecutionResult.outcome(rounds);
  }).name("Count")
    .outcome(2, (b) => b.then(() => void ran.push("two")).name("Two"))
    .outcome(3, (b) => b.then(() => void ran.push("three")).name("Three"))
    .build("persist", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("persist");
  await run.result();
  deepEqual(ran, ["three"]);
  deepEqual((await host.getPointers(run.id)).map(({ output, failures }) => [output, failures]), [[3, 0], [
    null,
    0,
  ]]);
});

Deno.test("ctx.data is that of the moment in which the step has its turn", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const seen: number[] = [];
  const definition = new WorkflowBuilder<{ count: number }>()
    .parallel((p) =>
      p.branch((b) =>
        b.then(async (ctx) => {
          await pass(ctx as never);
          ctx.update("count", (count) => count + 1);
        }).name("First")
      ).branch((b) => b.then(() => turns(5)).name("Second"))
        .branch((b) => b.then((ctx) => void seen.push(ctx.data.count)).name("Third"))
    ).name("All").build("turn", 1);
  const limits = { steps: 1, stepsOfRun: 1, runs: 10 };
  await using host = await startHostWith({ persistence: store, limits }, definition);
  const run = await host.startWorkflow("turn", { count: 1 });
  await reached;
  open();
  await run.result();
  deepEqual(seen, [2], "the step that had to wait for its turn sees what was recorded before");
});

Deno.test("what is given to ctx.set and ctx.update is checked, and the last word counts", async () => {
  await using store = new MemoryPersistence();
  interface Data {
    readonly a?: number | undefined;
    readonly b?: readonly number[];
  }
  const good = new WorkflowBuilder<Data>().startWith((ctx) => {
    ctx.set({ a: 1, b: [1] });
    ctx.update("b", (list = []) => [...list, 2]);
    ctx.set({ a: undefined });
  }).name("One").build("good", 1);
  const bad = new WorkflowBuilder<Data>().startWith((ctx) => ctx.set("text" as never)).name("One")
    .onError(failAtOnce).build("bad", 1);
  const worse = new WorkflowBuilder<Data>().startWith((ctx) => ctx.update("a", () => NaN)).name("One")
    .onError(failAtOnce).build("worse", 1);
  await using host = await startHost(store, good, bad, worse);
  deepEqual(await (await host.startWorkflow("good", { a: 0 })).result(), { b: [1, 2] });
  await rejects((await host.startWorkflow("bad")).result(), /Cannot set data: an object .* received string/);
  await rejects((await host.startWorkflow("worse", { a: 1 })).result(), (error: WorkflowEndedError) => {
    ok(error.failure?.message.includes("data.a"), error.failure?.message);
    return true;
  });
});

Deno.test("what a step says of how far it is is heard as it is kept: 1,000 characters, none of them half", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    ctx.setStatus("😀".repeat(501));
    ctx.setStatus("half a \ud83d");
  }).name("Say").build("say", 1);
  await using host = await startHost(store, definition);
  const heard: string[] = [];
  using _ = host.onNote(({ text }) => heard.push(text));
  await (await host.startWorkflow("say")).result();
  deepEqual(heard, [`${"😀".repeat(499)}\ufffd…`, "half a \ufffd"]);
});
