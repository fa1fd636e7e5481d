/**
 * Branches at the same time: `parallel` waits for all of them, or with `wait: "any"` for the first, and then cancels
 * the others.
 *
 *     deno run examples/07_parallel.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { type StepContext, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Trip {
  readonly booked?: readonly string[];
  readonly answer?: string;
}

/** Answers after a while, unless it is cancelled before. */
const ask = (name: string, milliseconds: number) => (ctx: StepContext<Trip>): Promise<string> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(name), milliseconds);
    ctx.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      console.log(`${name} is cancelled`);
      reject(ctx.signal.reason);
    });
  });

const definition = new WorkflowBuilder<Trip>()
  .parallel((p) =>
    p.branch((b) => b.then(() => "flight").name("Book the flight"))
      .branch((b) => b.then(() => "hotel").name("Book the hotel"))
  ).name("Book").output((booked) => ({ booked: booked as string[] }))
  .parallel((p) =>
    p.branch((b) => b.then(ask("slow guide", 60_000)).name("Ask one"))
      .branch((b) => b.then(ask("quick guide", 20)).name("Ask another")), { wait: "any" })
  .name("First answer").output((answer) => ({ answer: String(answer) }))
  .build("trip", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Trip>(definition.id, {});
const { booked, answer } = await run.result();
console.log(`booked ${booked}; ${answer} came first`);
