/**
 * Changing a workflow while runs are in flight: a run keeps the definition that it started with, a new run takes the
 * newest version, and a run can be moved. A changed definition under the same version is a new revision, or refused.
 *
 *     deno run examples/21_versions.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { MemoryPersistence, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

const waiting = new WorkflowBuilder()
  .startWith(() => {}).name("Begin")
  .waitFor("go", "all").name("Wait");
const first = waiting.then((ctx) => console.log(`${ctx.workflow.id}: the old way`)).name("Work");
const second = waiting.then((ctx) => console.log(`${ctx.workflow.id}: the new way`)).name("Work better");

const store = new MemoryPersistence();
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(first.build("job", 1));
await host.start();

const runs = [];
for (const runId of ["stays", "moves"]) runs.push(await host.startWorkflow("job", {}, { runId }));
host.registerWorkflow(second.build("job", 2));
runs.push(await host.startWorkflow("job", {}, { runId: "new" }));
await host.migrateWorkflow("moves", { version: 2 });
await host.publishEvent("go", "all");
await Promise.all(runs.map((run) => run.result()));
for (const run of runs) {
  const { version } = (await host.getWorkflow(run.id))!;
  console.log(`${run.id} ended with version ${version}`);
}

// Code has no content that could be compared: a mark of yours makes another revision of the same wiring.
const changed = first.rev("2").build("job", 1);
await using strict = new WorkflowHostBuilder().usePersistence(store).versions("strict").build();
strict.registerWorkflow(changed);
await strict.startWorkflow("job").catch((error) => console.log(error.code));
