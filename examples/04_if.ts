/**
 * One branch or the other: the condition is evaluated once, and what follows runs behind both.
 *
 *     deno run examples/04_if.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Parcel {
  readonly weight: number;
  readonly postage?: number;
}

const definition = new WorkflowBuilder<Parcel>()
  .ifDo((data) => data.weight > 5, (heavy) =>
    heavy
      .then((ctx) => ctx.set({ postage: 12 })).name("Ask the carrier")
      .then(() => console.log("a carrier will come")).name("Book the carrier"))
  .name("Heavy?")
  .else((light) => light.then((ctx) => ctx.set({ postage: 3 })).name("Stamp"))
  .then((ctx) => console.log(`${ctx.data.weight} kg cost ${ctx.data.postage}`)).name("Print")
  .build("parcel", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

for (const weight of [2, 9]) {
  const run = await host.startWorkflow<Parcel>(definition.id, { weight });
  await run.result();
}
