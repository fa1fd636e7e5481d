/**
 * Doing things once: the same key starts one run only, and every attempt of a step has the same key to give to a service
 * that must not do a thing twice.
 *
 *     deno run examples/22_idempotency.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { ErrorBehavior, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Transfer {
  readonly amount: number;
}

/** Stands for a bank: it knows the keys that it has seen. */
const bank = {
  payments: new Map<string, number>(),
  pay(key: string, amount: number): void {
    const known = this.payments.has(key);
    console.log(`the bank gets ${key}${known ? " again, and ignores it" : ""}`);
    if (!known) this.payments.set(key, amount);
  },
};

const definition = new WorkflowBuilder<Transfer>()
  .startWith((ctx) => {
    bank.pay(ctx.idempotencyKey, ctx.data.amount);
    if (ctx.attempt === 1) throw new Error("the answer of the bank was lost");
  }).name("Pay").onError(ErrorBehavior.retry({ interval: "5ms" }))
  .build("transfer", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const start = (amount: number) => {
  const options = { runId: "t-1", idempotencyKey: "form-81" };
  return host.startWorkflow<Transfer>(definition.id, { amount }, options);
};
const [run, again] = [await start(50), await start(50)];
console.log(`one run: ${run.id === again.id}`);
await start(60).catch((error) => console.log(error.code));
await run.result();
console.log(`${bank.payments.size} payment`);
