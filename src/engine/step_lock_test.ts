/** What is promised of the lock of a step. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import { door, locksOf, soon, startHost, startHostWith, turns, untilAborted } from "./testing_host.ts";

Deno.test("steps with the same lock run one after the other, each once the one before is recorded", async () => {
  await using store = new MemoryPersistence();
  const inside = new Map<string, number>();
  const begun: string[] = [];
  const definition = new WorkflowBuilder<{ door: string }>().startWith(async ({ data: { door } }) => {
    begun.push(door);
    equal(inside.get(door) ?? 0, 0);
    inside.set(door, 1);
    await turns(2);
    inside.set(door, 0);
  }).name("Pass").lock(({ door }) => `pass ${door}`).build("pass", 1);
  await using host = await startHost(store, definition);
  await using other = await startHost(store, definition);
  const runs = [];
  for (let n = 0; n < 10; n++) {
    runs.push(await (n % 2 ? host : other).startWorkflow("pass", { door: n % 3 ? "front" : "back" }));
  }
  await Promise.all(runs.map((run) => soon(run.result())));
  equal(begun.length, 10);
});

Deno.test("a step that takes the lock that it has gets the same one; so does its undo", async () => {
  await using store = new MemoryPersistence();
  const fences: number[] = [];
  const twice = async (ctx: StepContext): Promise<void> => {
    for (let time = 0; time < 2; time++) fences.push((await ctx.lock("door")).fence);
  };
  const definition = new WorkflowBuilder().saga((b) =>
    b.then(async (ctx) => {
      await twice(ctx);
      throw new Error("no");
    }).name("Fail").lock("door").onError(ErrorBehavior.compensate()).compensateWith(twice)
  ).build("saga", 1);
  await using host = await startHost(store, definition);
  await soon((await host.startWorkflow("saga")).atRest());
  const [step, stepAgain, undo, undoAgain] = fences;
  equal(fences.length, 4);
  deepEqual([stepAgain, undoAgain], [step, undo]);
  equal(undo! > step!, true);
});

Deno.test("an undo whose lock is not free in time fails: behind its retries the run is suspended until somebody resumes it", async () => {
  await using store = new MemoryPersistence();
  const did: string[] = [];
  const definition = new WorkflowBuilder().saga((b) =>
    b.then(() => void did.push("step")).name("Step").lock("door", { wait: "50ms" })
      .compensateWith(() => void did.push("undo"), {
        onError: ErrorBehavior.retry({ interval: "1ms", maxRetries: 1 }),
      })
      .then(async () => {
        held.push(await soon(host.lock("door")));
        throw new Error("no");
      }).name("Fail")
  ).name("Saga").build("saga", 1);
  const held: AsyncDisposable[] = [];
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("saga");
  const { status, error } = await soon(run.atRest());
  deepEqual([status, error?.type, error?.attempt, did], ["Suspended", "LockTimeoutError", 2, ["step"]]);
  await held[0]![Symbol.asyncDispose]();
  await host.resumeWorkflow(run.id);
  equal((await soon(run.atRest())).status, "Failed");
  deepEqual(did, ["step", "undo"]);
});

Deno.test("the undo of a step whose lock had no proper name holds none", async () => {
  await using store = new MemoryPersistence();
  const did: string[] = [];
  const definition = new WorkflowBuilder().saga((b) =>
    b.then(() => void did.push("step")).name("Step").lock(() => "").onError(ErrorBehavior.compensate())
      .compensateWith(() => void did.push("undo"))
  ).name("Saga").build("saga", 1);
  await using host = await startHost(store, definition);
  const { status, error } = await soon((await host.startWorkflow("saga")).atRest());
  deepEqual([status, error?.type, did], ["Failed", "InvalidTextError", ["undo"]]);
});

Deno.test("the timeout of a step begins when it has its lock, and who looks is told what it waits for", async () => {
  const clock = new ManualClock();
  await using store = new MemoryPersistence({ clock });
  const { reached, open, pass } = door();
  const definition = new WorkflowBuilder().startWith(pass).name("Step").timeout("5s").lock("door")
    .onError(ErrorBehavior.fail()).build("w", 1);
  await using host = await startHostWith({ persistence: store, clock }, definition);
  const lock = await host.lock("door", { ttl: "1h" });
  const notes: string[] = [];
  host.onNote(({ text }) => notes.push(text));
  const run = await host.startWorkflow("w");
  await turns(2);
  clock.advance(9_000);
  await turns(2);
  deepEqual(notes, ['waits for lock "door"']);
  await lock[Symbol.asyncDispose]();
  await soon(reached);
  deepEqual(notes.at(-1), 'has lock "door"');
  clock.advance(4_999);
  open();
  await soon(run.result());
});

Deno.test("an attempt whose lock is not free in time fails without having begun", async () => {
  await using store = new MemoryPersistence();
  let begun = 0;
  const definition = new WorkflowBuilder().startWith(() => void begun++).name("Step")
    .lock("door", { wait: "50ms" }).onError(ErrorBehavior.fail()).build("w", 1);
  await using host = await startHost(store, definition);
  const lock = await host.lock("door");
  const { status, error } = await soon((await host.startWorkflow("w")).atRest());
  deepEqual([status, error?.type, begun], ["Failed", "LockTimeoutError", 0]);
  await lock[Symbol.asyncDispose]();
  await soon((await host.startWorkflow("w")).result());
  equal(begun, 1);
});

Deno.test("a run that is cancelled while a step of it waits for its lock ends at once", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => {}).name("Step").lock("door").build("w", 1);
  await using host = await startHost(store, definition);
  await using _lock = await host.lock("door");
  const run = await host.startWorkflow("w");
  await turns(2);
  await run.cancel();
  equal((await soon(run.atRest())).status, "Cancelled");
});

Deno.test("an attempt whose lock is lost is cut short, and fails", async () => {
  const clock = new ManualClock();
  await using store = new MemoryPersistence({ clock });
  const lock = locksOf(store.lock, { renew: () => Promise.resolve(false) });
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith(async (ctx) => {
    pass(ctx);
    await untilAborted(ctx);
  }).name("Step").lock("door", { ttl: "3s" }).onError(ErrorBehavior.fail()).build("w", 1);
  await using host = await startHostWith({ persistence: store, clock, lock }, definition);
  const run = await host.startWorkflow("w");
  const { signal } = await soon(reached);
  clock.advance(1_000);
  const { status, error } = await soon(run.atRest());
  equal(signal.reason.code, "LOCK_LOST");
  deepEqual([status, error?.type], ["Failed", "LockLostError"]);
});

Deno.test("a lock without a proper name fails the step before it begins", async () => {
  await using store = new MemoryPersistence();
  let begun = 0;
  const names: readonly [name: unknown, error: string][] = [[7, "InvalidTextError"], [
    "",
    "InvalidTextError",
  ]];
  for (const [name, error] of names) {
    const definition = new WorkflowBuilder().startWith(() => void begun++).name("Step")
      .lock(() => name as string).build("w", 1);
    await using host = await startHost(store, definition);
    deepEqual((await soon((await host.startWorkflow("w")).atRest())).error?.type, error);
  }
  equal(begun, 0);
});

Deno.test("expressions in the name of a lock need an executor that knows them", () => {
  const definition = new WorkflowBuilder().startWith({ type: "odd" }).name("Step")
    .lock({ template: ["deploy ", { expression: "data.target" }] }).build("w", 1);
  const run = () => Promise.resolve(ExecutionResult.next());
  const host = (renderText?: () => string) =>
    new WorkflowHostBuilder().useExecutor({ type: "odd", run, ...renderText && { renderText } }).build();
  throws(() => host().registerWorkflow(definition), {
    code: "INVALID_DEFINITION",
    message: /renderText\(\)/,
  });
  host(() => "deploy").registerWorkflow(definition);
});
