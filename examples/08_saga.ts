/**
 * Undoing what was done: when a step of a saga fails, everything that was started in it is taken back, the failing step
 * first, then in reverse order. Then the run fails, or the flow goes on, or the saga is tried again.
 *
 *     deno run examples/08_saga.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { ErrorBehavior, NonRetryableError, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Order {
  readonly price: number;
  readonly limit: number;
}

let attempts = 0;

const reserve = new WorkflowBuilder<Order>().startWith(() => console.log("begin")).name("Begin");
const definitions = {
  continue: reserve.saga((s) =>
    s.then(() => ({ shelf: 7 })).name("Reserve")
      .compensateWith(({ undoing }) => console.log(`release ${JSON.stringify(undoing?.output)}`))
      .then(({ data }) => {
        if (data.price > data.limit) throw new NonRetryableError(`${data.price} is too much`);
      }).name("Pay").compensateWith(({ undoing }) => console.log(`pay back: ${undoing?.error?.message}`)), {
    then: "continue",
  }).name("Buy").then(() => console.log("the flow goes on")).name("Go on"),
  fail: reserve.saga((s) =>
    s.then(() => {}).name("Lock").compensateWith(() => console.log("unlock"))
      .then(() => Promise.reject(new NonRetryableError("no"))).name("Open")
  ).name("Visit").compensateWith(() => console.log("then the saga's own undo")),
  retry: reserve.saga((s) =>
    s.then(() => {}).name("Dial").compensateWith(() => console.log("hang up"))
      .then(() => {
        if (++attempts < 3) throw new Error("no answer");
      }).name("Talk").onError(ErrorBehavior.compensate())
  ).name("Call").onError(ErrorBehavior.retry({ interval: "10ms", maxRetries: 5 })),
};

await using host = new WorkflowHostBuilder().build();
for (const [name, chain] of Object.entries(definitions)) host.registerWorkflow(chain.build(name, 1));
await host.start();

for (const name of Object.keys(definitions)) {
  const run = await host.startWorkflow<Order>(name, { price: 9, limit: 5 });
  const { status, error } = await run.atRest();
  console.log(`${name}: ${status}${error ? ` (${error.message})` : ""}`);
}
console.log(`${attempts} attempts`);
