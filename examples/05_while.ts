/**
 * A loop: its branch runs again while the condition holds, which is asked once before each iteration. A crash in the
 * middle loses no iteration and repeats none that is recorded.
 *
 *     deno run examples/05_while.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Savings {
  readonly goal: number;
  readonly saved: number;
}

const definition = new WorkflowBuilder<Savings>({ history: { last: 2 } })
  .whileDo((data, { index }) => data.saved < data.goal && index < 100, (month) =>
    month
      .then((ctx) => ctx.update("saved", (saved) => saved + 30)).name("Put aside")
      .then((ctx) => console.log(`saved ${ctx.data.saved} of ${ctx.data.goal}`)).name("Tell"))
  .name("Save")
  .then((ctx) => console.log(`enough: ${ctx.data.saved}`)).name("Buy")
  .build("savings", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Savings>(definition.id, { goal: 100, saved: 0 });
await run.result();

// A long loop stays small: of those that are over, only the last iterations are kept.
const kept = (await host.getPointers(run.id)).filter(({ stepKey }) => stepKey === "Tell");
console.log(`${kept.length} iterations are kept`);
