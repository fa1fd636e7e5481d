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

const waiting = new WorkflowBuilder<{ readonly name: string }>()
  .startWith(() => {}).name("Begin")
  .waitFor("go", (data) => data.name).name("Wait");
const first = waiting.then((ctx) => console.log(`${ctx.workflow.id}: the old way`)).name("Work");
const second = waiting.then((ctx) => console.log(`${ctx.workflow.id}: the new way`)).name("Work better");

const store = new MemoryPersistence();
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(first.build("job", 1));
await host.start();

const runs = [];
for (const name of ["stays", "moves"]) runs.push(await host.startWorkflow("job", { name }, { runId: name }));
host.registerWorkflow(second.build("job", 2));
runs.push(await host.startWorkflow("job", { name: "new" }, { runId: "new" }));
await host.migrateWorkflow("moves", { version: 2 });
for (const run of runs) {
  await host.publishEvent("go", run.id);
  await run.result();
  const { version } = (await host.getWorkflow(run.id))!;
  console.log(`${run.id} ended with version ${version}`);
}

// Code has no content that could be compared: a mark of yours makes another revision of the same wiring.
const changed = first.rev("2").build("job", 1);
await using strict = new WorkflowHostBuilder().usePersistence(store).versions("strict").build();
strict.registerWorkflow(changed);
await strict.startWorkflow("job", { name: "strict" }).catch((error) => console.log(error.code));
