/**
 * Going on elsewhere: `attach` leads to another step of the same scope by its name, back for a loop or ahead.
 *
 *     deno run examples/12_attach.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Draft {
  readonly version: number;
  readonly marks: readonly ("bad" | "fair" | "good")[];
}

const definition = new WorkflowBuilder<Draft>()
  .startWith((ctx) => {
    console.log(`write version ${ctx.data.version + 1}`);
    ctx.update("version", (version) => version + 1);
  }).name("Write")
  .decide((data) => data.marks[data.version - 1] ?? "good").name("Judge")
  .outcome("bad", (b) => b.attach("Write"))
  .outcome("good", (b) => b.attach("Publish"))
  .outcome("fair", (b) => b.then(() => console.log("correct it")).name("Correct"))
  .then(() => console.log("read it again")).name("Read")
  .then((ctx) => console.log(`publish version ${ctx.data.version}`)).name("Publish")
  .build("draft", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

for (const marks of [["bad", "bad", "good"], ["fair"]] as const) {
  const run = await host.startWorkflow<Draft>(definition.id, { version: 0, marks });
  await run.result();
}
