import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { InvalidJsonError, NonRetryableError } from "../definition/errors.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import {
  IdempotencyConflictError,
  RunExistsError,
  RunNotFoundError,
  StoreError,
} from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import { systemClock } from "./clock.ts";
import {
  DefinitionConflictError,
  RunStateError,
  StepInterruptedError,
  StepTimeoutError,
  UnknownWorkflowError,
  WorkflowEndedError,
} from "./errors.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import { door, startHost, untilAborted, wrapped } from "./testing_host.ts";

interface Count {
  readonly count: number;
}

const quick = ErrorBehavior.retry({ interval: 1, maxRetries: 3 });

const ignore = { count: 0 };

Deno.test("steps run in order, data changes reach the next step, outputs are recorded", async () => {
  await using store = new MemoryPersistence();
  const seen: number[] = [];
  const definition = new WorkflowBuilder<Count>()
    .startWith((ctx) => {
      ctx.set({ count: ctx.data.count + 1 });
      return { first: true };
    }).name("Set")
    .then((ctx) => ctx.update("count", (count) => count * 10)).name("Update")
    .then((ctx) => void seen.push(ctx.data.count)).name("See")
    .build("count", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow<Count>("count", { count: 1 });
  deepEqual(await run.result(), { count: 20 });
  deepEqual(seen, [20]);
  deepEqual(
    (await host.getPointers(run.id)).map((
      { stepKey, status, attempt, output },
    ) => [stepKey, status, attempt, output]),
    [
      ["Set", "Complete", 1, { first: true }],
      ["Update", "Complete", 1, null],
      ["See", "Complete", 1, null],
    ],
  );
});

Deno.test("ctx.data cannot be assigned to", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder<{ list: number[] }>().startWith((ctx) => void ctx.data.list.push(1))
    .name("Push")
    .onError(ErrorBehavior.fail()).build("push", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("push", { list: [] });
  await rejects(
    run.result(),
    (error: Error) => error instanceof WorkflowEndedError && error.failure?.type === "TypeError",
  );
});

Deno.test("a failing step is tried again, and a failed attempt's changes are dropped", async () => {
  await using store = new MemoryPersistence();
  const keys = new Set<string>();
  const definition = new WorkflowBuilder<Count>().startWith((ctx) => {
    keys.add(ctx.idempotencyKey);
    ctx.update("count", (count) => count + 1);
    if (ctx.attempt < 3) throw new Error("not yet");
  }).name("Flaky").onError(quick).build("flaky", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow<Count>("flaky", { count: 0 });
  deepEqual(await run.result(), { count: 1 });
  equal((await host.getPointers(run.id))[0]?.attempt, 3);
  equal(keys.size, 1, "every attempt has the same idempotency key");
});

Deno.test("a run fails with its step's error once retries are exhausted", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    throw new RangeError(`no ${ctx.attempt}`);
  }).name("Bad").onError(quick).then(() => {}).name("Never").build("bad", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("bad");
  await rejects(run.result(), (error: Error) => {
    ok(error instanceof WorkflowEndedError);
    deepEqual([error.status, error.failure?.type, error.failure?.message, error.failure?.attempt], [
      "Failed",
      "RangeError",
      "no 4",
      4,
    ]);
    return true;
  });
  equal((await host.getPointers(run.id)).length, 1);
});

Deno.test("an output that is no JSON fails the step and names the place", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => ({ at: new Date() }) as never).name("Date")
    .onError(ErrorBehavior.fail()).build("date", 1);
  await using host = await startHost(store, definition);
  await rejects(
    (await host.startWorkflow("date")).result(),
    /Cannot store output.at: Date is no plain object/,
  );
  await rejects(host.startWorkflow("date", { n: 1n }), InvalidJsonError);
});

for (
  const thrown of [
    null,
    undefined,
    0,
    "text",
    { toString: null },
    Symbol("s"),
    new Proxy({}, {
      get: () => {
        throw 1;
      },
    }),
  ]
) {
  Deno.test(`a step may throw anything: ${typeof thrown}`, async () => {
    await using store = new MemoryPersistence();
    const definition = new WorkflowBuilder().startWith(() => {
      throw thrown;
    }).name("Throw").onError(ErrorBehavior.fail()).build("throw", 1);
    await using host = await startHost(store, definition);
    await rejects((await host.startWorkflow("throw")).result(), WorkflowEndedError);
  });
}

Deno.test("NonRetryableError fails at once", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => {
    throw new NonRetryableError("no card");
  }).name("Charge").onError(quick).build("charge", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("charge");
  await rejects(run.result(), /no card/);
  equal((await host.getPointers(run.id))[0]?.attempt, 1);
});

Deno.test("sleep enters the body again with its state", async () => {
  await using store = new MemoryPersistence();
  const states: unknown[] = [];
  const definition = new WorkflowBuilder().startWith((ctx) => {
    states.push(ctx.state);
    return ctx.state === undefined ? ExecutionResult.sleep(5, { seen: 1 }) : ExecutionResult.next("awake");
  }).name("Nap").build("nap", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("nap");
  await run.result();
  deepEqual(states, [undefined, { seen: 1 }]);
  equal((await host.getPointers(run.id))[0]?.output, "awake");
});

Deno.test("a step over its timeout is aborted and fails", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(untilAborted).name("Slow").timeout(20)
    .onError(ErrorBehavior.fail()).build("slow", 1);
  await using host = await startHost(store, definition);
  await rejects((await host.startWorkflow("slow")).result(), (error: WorkflowEndedError) => {
    deepEqual([error.failure?.type, error.failure?.code], [StepTimeoutError.name, "STEP_TIMEOUT"]);
    return true;
  });
});

Deno.test("suspend lets the running step record its result; resume goes on behind it", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  let second = 0;
  const definition = new WorkflowBuilder().startWith(pass).name("One").then(() => void second++).name("Two")
    .build("s", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("s");
  await reached;
  await host.suspendWorkflow(run.id, "lunch");
  open();
  const { status, reason } = await run.atRest();
  deepEqual([status, reason, second], ["Suspended", "lunch", 0]);
  await host.resumeWorkflow(run.id);
  await run.result();
  equal(second, 1);
});

Deno.test("cancel aborts the running step and ends the run", async () => {
  await using store = new MemoryPersistence();
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    void pass(ctx);
    return untilAborted(ctx);
  }).name("Long").build("c", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("c");
  const ctx = await reached;
  await host.cancelWorkflow(run.id);
  await rejects(run.result(), (error: WorkflowEndedError) => error.status === "Cancelled");
  ok(ctx.signal.reason instanceof StepInterruptedError);
  await rejects(host.cancelWorkflow(run.id), RunStateError);
});

Deno.test("terminate is final at once, and the running step's late result is not recorded", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const definition = new WorkflowBuilder().startWith(pass).name("One").then(() => {}).name("Two").build(
    "t",
    1,
  );
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("t");
  await reached;
  await host.terminateWorkflow(run.id);
  equal(await run.status(), "Terminated");
  open();
  await host.stop();
  deepEqual((await host.getPointers(run.id)).map(({ status }) => status), ["Cancelled"]);
});

Deno.test("retryWorkflow goes on from the failed step and keeps what is recorded", async () => {
  await using store = new MemoryPersistence();
  const ran: string[] = [];
  let broken = true;
  const definition = new WorkflowBuilder().startWith(() => void ran.push("One")).name("One")
    .then(() => {
      ran.push("Two");
      if (broken) throw new Error("broken");
    }).name("Two").onError(ErrorBehavior.fail()).build("r", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("r");
  await rejects(run.result(), WorkflowEndedError);
  broken = false;
  await host.retryWorkflow(run.id);
  await run.result();
  deepEqual(ran, ["One", "Two", "Two"]);
  await rejects(host.retryWorkflow(run.id), /Cannot retry run .*: it is Complete/);
  await rejects(host.retryWorkflow("nobody"), RunNotFoundError);
});

Deno.test("an idempotency key starts one run; with other data it is an error", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder<Count>().startWith(() => {}).name("One").build("i", 1);
  await using host = await startHost(store, definition);
  const first = await host.startWorkflow("i", { count: 1 }, { idempotencyKey: "order-7" });
  const again = await host.startWorkflow("i", { count: 1 }, { idempotencyKey: "order-7" });
  equal(again.id, first.id);
  await rejects(
    host.startWorkflow("i", { count: 2 }, { idempotencyKey: "order-7" }),
    IdempotencyConflictError,
  );
  await rejects(host.startWorkflow("i", ignore, { runId: first.id }), RunExistsError);
  await rejects(host.startWorkflow("i", ignore, { runId: "../x" }), TypeError);
});

Deno.test("stop() waits for the running step, and another host goes on behind it", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const ran: string[] = [];
  const definition = new WorkflowBuilder().startWith(pass).name("One").then(() => void ran.push("Two")).name(
    "Two",
  )
    .build("d", 1);
  const first = await startHost(store, definition);
  const { id } = await first.startWorkflow("d");
  await reached;
  const stopped = first.stop();
  open();
  await stopped;
  deepEqual((await store.pointers(id)).map(({ status }) => status), ["Complete", "Pending"]);
  await using second = await startHost(store, definition);
  await second.getHandle(id).result();
  deepEqual(ran, ["Two"]);
});

Deno.test("stop() without grace interrupts, and the next host runs the step again with the same key", async () => {
  await using store = new MemoryPersistence();
  const attempts: [number, string][] = [];
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith(async (ctx) => {
    attempts.push([ctx.attempt, ctx.idempotencyKey]);
    void pass(ctx);
    if (ctx.attempt === 1) await untilAborted(ctx);
  }).name("One").onError(ErrorBehavior.fail()).build("d", 1);
  const first = await startHost(store, definition);
  const { id } = await first.startWorkflow("d");
  await reached;
  await first.stop({ grace: 0 });
  await using second = await startHost(store, definition);
  await second.getHandle(id).result();
  deepEqual(attempts, [[1, `${id}/1`], [2, `${id}/1`]]);
});

Deno.test("a run without code is parked with the reason, and goes on when the code is registered", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => "done").name("One").build("p", 1);
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(definition);
  const { id } = await starter.startWorkflow("p");
  await using host = await startHost(store);
  const { parkedReason, status } = await host.getHandle(id).atRest();
  equal(status, "Runnable");
  ok(parkedReason?.includes('step "One" of workflow "p" version 1 has no body'));
  host.registerWorkflow(definition);
  await host.getHandle(id).result();
});

Deno.test("unknown workflows and two contents under one version are refused", async () => {
  const host = new WorkflowHostBuilder().build();
  host.registerWorkflow(new WorkflowBuilder().startWith(() => {}).name("One").build("a", 1));
  await rejects(host.startWorkflow("b"), UnknownWorkflowError);
  await rejects(host.startWorkflow("a", {}, { version: 2 }), /registered are a/);
  const other = new WorkflowBuilder().startWith(() => {}).name("Other").build("a", 1);
  await rejects(async () => await host.registerWorkflow(other), DefinitionConflictError);
});

Deno.test("listeners hear what was recorded, in order; one that throws harms nobody", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    ctx.logger.info("hello\nworld");
    if (ctx.attempt === 1) throw new Error("once");
  }).name("One").onError(quick).endWorkflow().build("e", 1);
  await using host = await startHost(store, definition);
  const types: string[] = [];
  const lines: string[] = [];
  host.onEvent(({ type }) => types.push(type));
  host.onLog(({ text, attempt }) => lines.push(`${attempt} ${text}`));
  const run = await host.startWorkflow("e");
  await run.result();
  deepEqual(types, [
    "WorkflowStarted",
    "StepStarted",
    "StepRetrying",
    "StepStarted",
    "StepCompleted",
    "StepStarted",
    "StepCompleted",
    "WorkflowCompleted",
  ]);
  deepEqual(lines, ["1 hello", "1 world", "2 hello", "2 world"]);
  deepEqual((await store.readLog(run.id, { limit: 10 })).map(({ text }) => text), [
    "hello",
    "world",
    "hello",
    "world",
  ]);
});

/** A store of which one method fails a number of times. */
function failing(
  store: Persistence,
  problem: "full" | "corrupt",
  times: number,
  method: "commit" | "claim" | "appendLog" = "commit",
): Persistence {
  return wrapped(
    store,
    method,
    (call, count) => count <= times ? Promise.reject(new StoreError(problem, `It is ${problem}`)) : call(),
  );
}

Deno.test("a store that is full for a while loses no result and repeats no step", async () => {
  await using store = new MemoryPersistence();
  let ran = 0;
  const definition = new WorkflowBuilder().startWith(() => void ran++).name("One").build("f", 1);
  await using host = await startHost(failing(store, "full", 3), definition);
  const troubles: string[] = [];
  host.onTrouble(({ problem }) => troubles.push(problem));
  await (await host.startWorkflow("f")).result();
  deepEqual([ran, troubles], [1, ["full", "full", "full"]]);
});

Deno.test("a store that is broken for good acknowledges nothing and tells who waits; once resumed, another host runs the step again", async () => {
  await using store = new MemoryPersistence();
  let ran = 0;
  const definition = new WorkflowBuilder().startWith(() => void ran++).name("One").build("f", 1);
  const broken = await startHost(failing(store, "corrupt", Infinity), definition);
  const { id } = await broken.startWorkflow("f");
  await rejects(broken.getHandle(id).result(), StoreError);
  await broken.stop();
  const { status, reason } = (await store.get(id))!;
  deepEqual([status, reason?.startsWith("quarantined: the store refused its last transition")], [
    "Suspended",
    true,
  ]);
  await using host = await startHost(store, definition);
  await host.resumeWorkflow(id);
  await host.getHandle(id).result();
  equal(ran, 2);
});

Deno.test("who waits is told when the store refuses every claim for good", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => {}).name("One").build("f", 1);
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(definition);
  const { id } = await starter.startWorkflow("f");
  await using host = await startHost(failing(store, "corrupt", Infinity, "claim"), definition);
  await rejects(host.getHandle(id).result(), StoreError);
});

Deno.test("a step is not recorded before its log is stored", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith((ctx) => ctx.logger.info("hello")).name("One").build(
    "f",
    1,
  );
  await using host = await startHost(failing(store, "full", 3, "appendLog"), definition);
  const run = await host.startWorkflow("f");
  await run.result();
  deepEqual((await store.readLog(run.id, { limit: 10 })).map(({ text }) => text), ["hello"]);
});

Deno.test("a host whose lease ran out by its own clock fences itself and takes its runs up again", async () => {
  await using store = new MemoryPersistence();
  let jump = 0;
  const beats: (() => void)[] = [];
  const clock = {
    monotonic: () => systemClock.monotonic() + jump,
    schedule: (delay: number, callback: () => void) => {
      if (delay < 3_000 || delay > 4_000) return systemClock.schedule(delay, callback);
      beats.push(callback);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    void pass(ctx);
    return ctx.attempt === 1 ? untilAborted(ctx) : Promise.resolve("second");
  }).name("One").onError(ErrorBehavior.fail()).build("l", 1);
  await using host = new WorkflowHostBuilder().usePersistence(store).useClock(clock).build();
  host.registerWorkflow(definition);
  await host.start();
  const run = await host.startWorkflow("l");
  const ctx = await reached;
  jump = 20_000;
  beats.at(-1)!();
  await run.result();
  equal((ctx.signal.reason as StepInterruptedError).trigger, "lease");
  equal((await store.pointers(run.id))[0]?.attempt, 2);
});

Deno.test("a thousand runs at once complete, each step once", async () => {
  await using store = new MemoryPersistence();
  const ran = new Map<string, number>();
  const count = (ctx: StepContext) =>
    void ran.set(ctx.idempotencyKey, (ran.get(ctx.idempotencyKey) ?? 0) + 1);
  const definition = new WorkflowBuilder().startWith(count).name("One").then(count).name("Two").build("m", 1);
  await using host = await startHost(store, definition);
  const runs = await Promise.all(Array.from({ length: 1_200 }, () => host.startWorkflow("m")));
  await Promise.all(runs.map((run) => run.result()));
  equal(ran.size, 2_400);
  ok([...ran.values()].every((times) => times === 1));
});

Deno.test("waiting for a result ends when its signal aborts, and the run goes on", async () => {
  await using store = new MemoryPersistence();
  const { open, pass } = door();
  const definition = new WorkflowBuilder().startWith(pass).name("One").build("w", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("w");
  await rejects(run.result({ signal: AbortSignal.timeout(5) }), { name: "TimeoutError" });
  open();
  await run.result();
});
