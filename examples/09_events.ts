/**
 * Waiting for events: `waitFor` takes the next event of a name and key, also one that came before the run got there.
 * With a timeout, another branch runs instead. A program publishes events, and so do steps.
 *
 *     deno run examples/09_events.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Order {
  readonly id: string;
  readonly paid?: number;
}

const order = new WorkflowBuilder<Order>()
  .startWith(() => console.log("ordered")).name("Begin")
  .waitFor("paid", (data) => data.id, { timeout: "1h" }).name("Payment")
  .output((event) => ({ paid: (event as { amount: number }).amount }))
  .waitFor("delivered", (data) => data.id).name("Delivery")
  .waitFor("reviewed", (data) => data.id, {
    timeout: "20ms",
    onTimeout: (b) => b.then(() => console.log("no review came")).name("Do without"),
  }).name("Review")
  .build("order", 1);

const courier = new WorkflowBuilder<{ readonly parcels: readonly string[] }>()
  .forEach(({ parcels }) => parcels, (each) =>
    // Published together with the step's result: never without it, and never twice.
    each.then((ctx) => ctx.publish("delivered", String(ctx.item), { by: "bicycle" })).name("Deliver"))
  .name("Tour")
  .build("courier", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(order);
host.registerWorkflow(courier);
await host.start();

const run = await host.startWorkflow<Order>("order", { id: "42" });
// Sent twice by a payment service that is not sure; the same message id is one event.
for (let time = 1; time <= 2; time++) {
  await host.publishEvent("paid", "42", { amount: 30 }, { messageId: "payment-7" });
}
await host.startWorkflow("courier", { parcels: ["41", "42"] });
console.log(`paid ${(await run.result()).paid}`);
