/**
 * Ending a run from anywhere: `endWorkflow` completes it at once. What else is under way is cancelled.
 *
 *     deno run examples/17_end_workflow.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Watch {
  readonly rounds: number;
}

const definition = new WorkflowBuilder<Watch>()
  .parallel((p) =>
    p.branch((b) => b.delay("1d").name("Wait for the morning"))
      .branch((b) =>
        b.whileDo(() => true, (round) =>
          round
            .then((ctx) => ctx.update("rounds", (rounds) => rounds + 1)).name("Walk")
            .ifDo((data) => data.rounds === 3, (b) =>
              b.then(() => console.log("the house is quiet")).name("Tell").endWorkflow())
            .name("Quiet?")).name("Rounds")
      )
  ).name("Night")
  .then(() => console.log("never printed")).name("Morning")
  .build("watch", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Watch>(definition.id, { rounds: 0 });
const { rounds } = await run.result();
const waiting = (await host.getPointers(run.id)).find(({ stepKey }) => stepKey === "Wait for the morning");
console.log(`${await run.status()} after ${rounds} rounds; the delay is ${waiting?.status}`);
