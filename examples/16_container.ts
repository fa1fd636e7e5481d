/**
 * A container of your own: a body asks for its branch once for each value, and is entered again with the results.
 *
 *     deno run examples/16_container.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import {
  ExecutionResult,
  type JsonValue,
  type StepContext,
  WorkflowBuilder,
  WorkflowHostBuilder,
} from "@wfe/engine";

interface Guess {
  readonly secret: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Asks about both halves of a range at the same time, then about the halves of the better one. */
class Search {
  run(ctx: StepContext<Guess>): ExecutionResult {
    const range = (ctx.branches ? ctx.branches.find(Boolean) : { from: 0, to: 16 }) as unknown as Range;
    const { from, to } = range;
    if (to - from === 1) return ExecutionResult.next(from);
    const middle = (from + to) / 2;
    return ExecutionResult.branch([{ from, to: middle }, { from: middle, to }]);
  }
}

function isIn(ctx: StepContext<Guess>): JsonValue {
  const { from, to } = ctx.item as unknown as Range;
  return from <= ctx.data.secret && ctx.data.secret < to ? ctx.item : null;
}

const definition = new WorkflowBuilder<Guess>()
  .startWith(Search).name("Search").do((b) => b.then(isIn).name("Ask"))
  .then(async (ctx) => console.log(`the number is ${await ctx.output("Search")}`)).name("Tell")
  .build("guess", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Guess>(definition.id, { secret: 11 });
await run.result();
const asked = (await host.getPointers(run.id)).filter(({ stepKey }) => stepKey === "Ask");
console.log(`${asked.length} questions`);
