/** The other process of W5: runs the waiting workflow and prints how long each event took. */
import { WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import { answering } from "./workflows.ts";

await using store = await SqliteProvider.open(Deno.args[0]!);
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(
  answering((sent) => console.log(performance.timeOrigin + performance.now() - sent)),
);
await host.start();
const run = await host.startWorkflow("answering", { key: "k" });
while ((await host.getWorkflow(run.id))?.owner !== null) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log("ready");
await run.result();
