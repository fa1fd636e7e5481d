/** A host with a short lease whose one step waits for a file: `stopping_host.ts <folder>`. */
import { WorkflowBuilder, WorkflowHostBuilder } from "../../mod.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";

const [folder] = Deno.args;

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

const definition = new WorkflowBuilder().startWith(async ({ attempt, signal }) => {
  await Deno.writeTextFile(`${folder}/attempts`, `${attempt}\n`, { append: true });
  while (!signal.aborted && !await isThere(`${folder}/go`)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}).name("Long").build("long", 1);

await using store = await SqliteProvider.open(`${folder}/wfe.db`);
const host = new WorkflowHostBuilder().usePersistence(store).leaseTtl("300ms").build();
host.registerWorkflow(definition);
await host.start();
const { id } = await host.startWorkflow("long");
const { status, reason } = await host.getHandle(id).atRest();
console.log(JSON.stringify({ status, reason }));
await host.stop();
