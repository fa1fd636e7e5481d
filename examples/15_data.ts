/**
 * How data moves: `input` computes what a step gets, `output` stores what it gives. A body sees the data as it was when
 * it began, changes keys by `set`, sums by `update`, and reads the recorded output of an earlier step.
 *
 *     deno run examples/15_data.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { type StepContext, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Bill {
  readonly items: readonly { readonly name: string; readonly price: number }[];
  readonly discount: number;
  readonly net?: number;
  readonly gross?: number;
  readonly draft?: boolean;
}

/** Knows nothing of bills: adds numbers. */
class Add {
  run(ctx: StepContext<Bill>): number {
    return (ctx.input as number[]).reduce((sum, number) => sum + number, 0);
  }
}

const definition = new WorkflowBuilder<Bill>()
  .startWith(Add).name("Net").input((data) => data.items.map(({ price }) => price)).output("net")
  .then(Add).name("Gross").input(({ net = 0, discount }) => [net, net * 0.2, -discount])
  .output((gross) => ({ gross }))
  .then(async (ctx) => {
    ctx.update("discount", (discount) => discount + 1);
    ctx.set({ draft: undefined });
    // What a step sees does not change under it.
    console.log(`discount ${ctx.data.discount}, net was ${await ctx.output("Net")}`);
  }).name("Close")
  .build("bill", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const items = [{ name: "tea", price: 4 }, { name: "cake", price: 6 }];
const run = await host.startWorkflow<Bill>(definition.id, { items, discount: 2, draft: true });
const { gross, discount, ...rest } = await run.result();
console.log(`gross ${gross}, discount now ${discount}, a draft: ${"draft" in rest}`);
