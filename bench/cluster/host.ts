/**
 * A host of the cluster in a process of its own. Prints `ready`, starts at the first line on its standard input, and when
 * that ends prints how many steps it has run.
 *
 * @module
 */
import { WorkflowHostBuilder } from "../../mod.ts";
import { PostgresProvider } from "../../providers/postgres/mod.ts";
import { sleeping, tenSteps } from "../workflows.ts";

let steps = 0;
await using store = await PostgresProvider.open(Deno.args[0]!);
await using host = new WorkflowHostBuilder().usePersistence(store).limits({ steps: 1_000 }).build();
host.registerWorkflow(tenSteps(() => steps++));
host.registerWorkflow(sleeping());
console.log("ready");
for await (const _line of Deno.stdin.readable) await host.start();
console.log(steps);
