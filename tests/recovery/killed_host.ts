/** A host whose one step goes on until it is killed: `killed_host.ts <folder>`. It says when the step runs. */
import { WorkflowBuilder, WorkflowHostBuilder } from "../../mod.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";

const [folder] = Deno.args;
const definition = new WorkflowBuilder().startWith(async () => {
  console.log("running");
  await new Promise(() => setInterval(() => {}, 60_000));
}).name("Long").build("long", 1);

const store = await SqliteProvider.open(`${folder}/wfe.db`);
const host = new WorkflowHostBuilder().usePersistence(store).leaseTtl("1h").build();
host.registerWorkflow(definition);
await host.start();
await host.startWorkflow("long", {}, { runId: "run" });
