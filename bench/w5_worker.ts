/** The other process of W5: runs the waiting workflow and prints at what time it goes on after each event. */
import { WorkflowHostBuilder } from "../mod.ts";
import { openAnyStore } from "../cli/open_any_store.ts";
import { answering } from "./workflows.ts";

await using store = await openAnyStore(Deno.args[0]!, { create: true });
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(answering(() => console.log(performance.timeOrigin + performance.now())));
await host.start();
const run = await host.startWorkflow("answering", { key: "k" });
while ((await host.getWorkflow(run.id))?.owner !== null) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log("ready");
await run.result();
