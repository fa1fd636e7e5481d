/**
 * Code around all runs of a host: around the start, each attempt of a step, and the end. What is put there first is
 * outermost.
 *
 *     deno run examples/18_middleware.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { type Middleware, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

const tracing: Middleware = {
  start({ definitionId, runId }, next) {
    console.log(`start ${definitionId}: ${runId}`);
    return next();
  },
  async step(ctx, next) {
    console.log(`> ${ctx.step.name}`);
    try {
      return await next();
    } finally {
      console.log(`< ${ctx.step.name}`);
    }
  },
  complete(run, next) {
    console.log(`end ${run.definitionId}: ${run.status}`);
    return next();
  },
};

const guard: Middleware = {
  start({ data }, next) {
    if (data.user === "nobody") throw new Error("nobody may not start anything");
    return next();
  },
  async step(ctx, next) {
    console.log(`  > attempt ${ctx.attempt}`);
    const result = await next();
    console.log("  < it succeeded");
    return result;
  },
};

const definition = new WorkflowBuilder<{ readonly user: string }>()
  .startWith((ctx) => console.log(`    hello ${ctx.data.user}`)).name("Greet")
  .build("greeting", 1);

await using host = new WorkflowHostBuilder().useMiddleware(tracing).useMiddleware(guard).build();
host.registerWorkflow(definition);
await host.start();

const refused = host.startWorkflow(definition.id, { user: "nobody" }, { runId: "first" });
await refused.catch((error) => console.log(error.message));
const run = await host.startWorkflow(definition.id, { user: "Ada" }, { runId: "second" });
await run.result();
