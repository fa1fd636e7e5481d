/**
 * Several ways to go: `decide` computes a value, and `outcome` says where each leads. A step's body can decide, too.
 *
 *     deno run examples/11_decide.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { ExecutionResult, type StepContext, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Sum {
  readonly left: number;
  readonly operator: "+" | "-";
  readonly right: number;
  readonly result?: number;
}

/** Judges the result: what it returns is compared with the outcomes. */
class Judge {
  run(ctx: StepContext<Sum>): ExecutionResult {
    return ExecutionResult.outcome(ctx.data.result! < 0 ? "negative" : "fine");
  }
}

const definition = new WorkflowBuilder<Sum>()
  .decide((data) => data.operator).name("Operator")
  .outcome("+", (b) => b.then((ctx) => ctx.set({ result: ctx.data.left + ctx.data.right })).name("Add"))
  .outcome("-", (b) => b.then((ctx) => ctx.set({ result: ctx.data.left - ctx.data.right })).name("Subtract"))
  .then(Judge).name("Judge")
  .outcome("fine", (b) => b.then((ctx) => console.log(`${ctx.data.result}`)).name("Print"))
  .outcome("negative", (b) => b.then((ctx) => console.log(`${ctx.data.result}, below zero`)).name("Warn"))
  .build("sum", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

for (const operator of ["+", "-"] as const) {
  const run = await host.startWorkflow<Sum>(definition.id, { left: 2, operator, right: 3 });
  await run.result();
}
