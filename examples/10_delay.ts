/**
 * Timers that survive restarts: `delay` between steps, and a body that asks to be entered again later. Neither keeps
 * anything busy, be it for a second or for a year.
 *
 *     deno run examples/10_delay.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { ExecutionResult, type StepContext, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Tea {
  readonly minutes: number;
}

const readyAfter = 3;

/** Looks again and again; how often it has looked is its state. */
function watchTheKettle(ctx: StepContext<Tea>): ExecutionResult {
  const looks = Number(ctx.state ?? 0) + 1;
  console.log(`look ${looks}`);
  return looks < readyAfter ? ExecutionResult.sleep("5ms", looks) : ExecutionResult.next({ looks });
}

const definition = new WorkflowBuilder<Tea>()
  .startWith(watchTheKettle).name("Boil")
  .delay("10ms").name("Cool down")
  .delay((data) => `${data.minutes * 10}ms`).name("Steep")
  .then(() => console.log("tea is ready")).name("Serve")
  .build("tea", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const started = performance.now();
const run = await host.startWorkflow<Tea>(definition.id, { minutes: 3 });
await run.result();
console.log(`not before its time: ${performance.now() - started >= 50}`);
