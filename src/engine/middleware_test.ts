import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { StepReturn } from "../definition/step_body.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import type { WorkflowEndedError } from "./errors.ts";
import type { Middleware } from "./middleware.ts";
import { startHostWith, whatIsSaid } from "./testing_host.ts";

/** Middleware that notes when it is entered and left. */
function noting(name: string, notes: string[]): Middleware {
  const around =
    (what: string) => async <Result>(_: unknown, next: () => Promise<Result>): Promise<Result> => {
      notes.push(`${name} > ${what}`);
      try {
        return await next();
      } finally {
        notes.push(`${name} < ${what}`);
      }
    };
  return { start: around("start"), step: around("step"), complete: around("complete") };
}

const one = new WorkflowBuilder().startWith(() => "done").name("One").build("one", 1);

Deno.test("middleware nests around start, step and completion: what is registered first is outermost", async () => {
  await using store = new MemoryPersistence();
  const notes: string[] = [];
  const middleware = ["a", "b", "c"].map((name) => noting(name, notes));
  const host = await startHostWith({ persistence: store, middleware }, one);
  await (await host.startWorkflow("one")).result();
  await host.stop();
  const nest = (what: string) => [
    `a > ${what}`,
    `b > ${what}`,
    `c > ${what}`,
    `c < ${what}`,
    `b < ${what}`,
    `a < ${what}`,
  ];
  deepEqual(notes.filter((note) => note.endsWith("start")), nest("start"));
  deepEqual(notes.filter((note) => note.endsWith("step")), nest("step"));
  deepEqual(notes.filter((note) => note.endsWith("complete")), nest("complete"));
});

Deno.test("middleware around a start sees what is asked for, and what it throws refuses the start", async () => {
  await using store = new MemoryPersistence();
  const asked: unknown[] = [];
  const middleware: Middleware[] = [{
    start: async (request, next) => {
      asked.push(request);
      if (request.data.forbidden) throw new TypeError("Not by us");
      await next();
    },
  }];
  await using host = await startHostWith({ persistence: store, middleware }, one);
  await rejects(host.startWorkflow("one", { forbidden: true }, { runId: "no" }), /Not by us/);
  equal(await host.getWorkflow("no"), null);
  await (await host.startWorkflow("one", {}, { runId: "yes" })).result();
  deepEqual(asked, [
    { definitionId: "one", data: { forbidden: true }, runId: "no" },
    { definitionId: "one", data: {}, runId: "yes" },
  ]);
});

Deno.test("what middleware throws behind a start reaches the caller, though the run goes on", async () => {
  await using store = new MemoryPersistence();
  const middleware: Middleware[] = [{
    start: async (_, next) => {
      await next();
      throw new Error("Too late");
    },
  }];
  await using host = await startHostWith({ persistence: store, middleware }, one);
  await rejects(host.startWorkflow("one", {}, { runId: "late" }), /Too late/);
  await host.getHandle("late").result();
});

Deno.test("middleware that does not go on starts nothing", async () => {
  await using store = new MemoryPersistence();
  const middleware: Middleware[] = [{ start: () => Promise.resolve() }];
  await using host = await startHostWith({ persistence: store, middleware }, one);
  const run = await host.startWorkflow("one");
  await rejects(run.status(), RunNotFoundError);
});

Deno.test("what middleware around a step throws, before or behind it, is a failure of the step", async () => {
  await using store = new MemoryPersistence();
  let tries = 0;
  let ran = 0;
  const definition = new WorkflowBuilder().startWith((ctx) => {
    ran++;
    ctx.publish("ran", ctx.workflow.id);
  }).name("One").onError(ErrorBehavior.retry({ interval: 1, maxRetries: 2 })).build("guarded", 1);
  const middleware: Middleware[] = [{
    step: async (ctx, next) => {
      tries++;
      if (ctx.attempt === 1) throw new Error("before");
      const result = await next();
      if (ctx.attempt === 2) throw new Error("behind");
      return result;
    },
  }];
  await using host = await startHostWith({ persistence: store, middleware }, definition);
  await (await host.startWorkflow("guarded")).result();
  deepEqual([tries, ran], [3, 2]);
});

Deno.test("middleware around a step can answer in its place, and change what it returns", async () => {
  await using store = new MemoryPersistence();
  const middleware: Middleware[] = [{
    step: async (_, next): Promise<StepReturn> => ({ wrapped: await next() as string }),
  }];
  await using host = await startHostWith({ persistence: store, middleware }, one);
  const run = await host.startWorkflow("one");
  await run.result();
  deepEqual((await host.getPointers(run.id))[0]?.output, { wrapped: "done" });
});

Deno.test("middleware around a step that throws what is no error fails the step, and its undo may be wrapped too", async () => {
  await using store = new MemoryPersistence();
  const around: string[] = [];
  const definition = new WorkflowBuilder().saga((s) =>
    s.then(() => {}).name("Reserve").compensateWith(() => {}).then(() => {}).name("Pay")
  ).name("Saga").build("undo", 1);
  const middleware: Middleware[] = [{
    step: async (ctx, next) => {
      around.push(ctx.undoing ? `undo of ${ctx.step.key}` : ctx.step.key);
      if (ctx.step.key === "Pay") throw null;
      return await next();
    },
  }];
  await using host = await startHostWith({ persistence: store, middleware }, definition);
  await rejects((await host.startWorkflow("undo")).result(), (error: WorkflowEndedError) => {
    deepEqual([error.status, error.failure?.step], ["Failed", "Pay"]);
    return true;
  });
  deepEqual(around, ["Reserve", "Pay", "undo of Reserve"]);
});

Deno.test("middleware around an end sees how the run has ended; what it throws harms nobody", async () => {
  await using store = new MemoryPersistence();
  const ends: string[] = [];
  const failing = new WorkflowBuilder().startWith(() => {
    throw new Error("no");
  }).name("One").onError(ErrorBehavior.fail()).build("failing", 1);
  const middleware: Middleware[] = [{
    complete: async (run, next) => {
      ends.push(`${run.definitionId} ${run.status}`);
      await next();
      throw new Error("The listener is ill");
    },
  }];
  const said = await whatIsSaid("error", async () => {
    const host = await startHostWith({ persistence: store, middleware }, one, failing);
    await (await host.startWorkflow("one")).result();
    await rejects((await host.startWorkflow("failing")).result());
    await host.stop();
  });
  deepEqual(ends, ["one Complete", "failing Failed"]);
  equal(said.length, 2);
  ok(String(said[0]?.[0]).includes("Middleware failed at the end of run"));
});

Deno.test("middleware around an end is told of a run that was terminated from outside", async () => {
  await using store = new MemoryPersistence();
  const ends: string[] = [];
  const waiting = new WorkflowBuilder().waitFor("never", "1").name("Wait").build("waiting", 1);
  const middleware: Middleware[] = [{
    complete: async (run, next) => {
      ends.push(run.status);
      await next();
    },
  }];
  const host = await startHostWith({ persistence: store, middleware }, waiting);
  const run = await host.startWorkflow("waiting");
  await host.terminateWorkflow(run.id);
  await host.stop();
  deepEqual(ends, ["Terminated"]);
});
