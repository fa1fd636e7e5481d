import { equal, ok } from "node:assert/strict";
import type { LogLine } from "../provider/persistence.ts";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { soon, startHost, wrapped } from "./testing_host.ts";

const line = "x".repeat(1_000);

/** A step that prints so many lines, at once or with a wait after each. */
const loud = (count: number, wait?: (ctx: StepContext) => Promise<void>) =>
  new WorkflowBuilder().startWith(async (ctx) => {
    for (let n = 0; n < count; n++) {
      ctx.logger.write("stdout", line);
      if (wait) await wait(ctx);
    }
  }).name("Loud").build("loud", 1);

Deno.test("a body that awaits room in its log prints no faster than the store takes it, and loses nothing", async () => {
  await using store = new MemoryPersistence();
  let largest = 0;
  const slow = wrapped(store, "appendLog", async (append, _, [lines]) => {
    largest = Math.max(largest, (lines as readonly LogLine[]).length);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await append();
  });
  await using host = await startHost(slow, loud(20_000, (ctx) => ctx.logger.room()));
  const run = await host.startWorkflow("loud");
  await run.result();
  ok(largest < 1_000, `${largest}`);
  equal((await store.readLog(run.id, { after: 10_000, limit: 20_000 })).length, 10_000);
});

Deno.test("of a body that prints faster than the store takes it the log has the beginning, and says how much is missing", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(store, loud(20_000));
  const run = await host.startWorkflow("loud");
  await run.result();
  const lines = await store.readLog(run.id, { limit: 20_000 });
  const [, missing] = /ends early: (\d+) more bytes/.exec(lines.at(-1)!.text) ?? [];
  equal((lines.length - 1) * (line.length + 1) + Number(missing), 20_000 * (line.length + 1));
});

Deno.test("a body that waits for room is let go on when its signal aborts", async () => {
  await using store = new MemoryPersistence();
  const stored = Promise.withResolvers<void>();
  const stuck = wrapped(store, "appendLog", async (append) => {
    await stored.promise;
    return await append();
  });
  const full = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const definition = new WorkflowBuilder().startWith(async (ctx) => {
    for (let n = 0; n < 1_000; n++) ctx.logger.write("stdout", line);
    full.resolve();
    await ctx.logger.room();
    ended.resolve(ctx.signal.aborted);
  }).name("Full").build("full", 1);
  await using host = await startHost(stuck, definition);
  const run = await host.startWorkflow("full");
  await full.promise;
  await host.cancelWorkflow(run.id);
  equal(await soon(ended.promise).finally(stored.resolve), true);
});
