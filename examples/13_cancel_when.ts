/**
 * Cancelling a step by a condition: as soon as it holds, the step is cut short, waiting or running. Its branch ends
 * there, or with `proceed` goes on behind it.
 *
 *     deno run examples/13_cancel_when.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Search {
  readonly found?: string;
}

const isFound = (data: Search) => data.found !== undefined;

const definition = new WorkflowBuilder<Search>()
  .parallel((p) =>
    p.branch((b) => b.delay("20ms").name("Look around").then((ctx) => ctx.set({ found: "key" })).name("Find"))
      .branch((b) =>
        b.waitFor("call", "neighbour").name("Wait for a call").cancelWhen(isFound, { proceed: true })
          .then(() => console.log("no need to wait for a call")).name("Hang up")
      )
      .branch((b) =>
        b.then(({ signal }) =>
          new Promise<void>((_, reject) => {
            signal.addEventListener("abort", () => {
              console.log("the walk is cut short");
              reject(signal.reason);
            });
          })
        ).name("Walk back").cancelWhen(isFound)
          .then(() => console.log("never printed")).name("Look on the way")
      )
  ).name("Search")
  .then((ctx) => console.log(`found the ${ctx.data.found}`)).name("Tell")
  .build("search", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Search>(definition.id, {});
await run.result();
