/**
 * A pizza order with everything in it, on an SQLite file. Kill it at any moment and start it again: the order goes on
 * where it was, and nothing that is recorded is done again.
 *
 *     deno run --allow-read=.wfe --allow-write=.wfe examples/24_pizza.ts
 *
 * @module
 */
import {
  ErrorBehavior,
  ExecutionResult,
  NonRetryableError,
  type StepContext,
  WorkflowBuilder,
  WorkflowHostBuilder,
} from "@wfe/engine";
import { SqliteProvider } from "@wfe/engine/sqlite";

interface Order {
  readonly ovenId: string;
  readonly toppings: readonly string[];
  readonly total: number;
  readonly left: number;
  readonly receipt?: string;
}

const folder = ".wfe";
Deno.mkdirSync(folder, { recursive: true });

/** What is done in the kitchen takes a moment, and is noted outside the database, as the world would. */
async function work(ctx: StepContext<Order>, what: string): Promise<void> {
  Deno.writeTextFileSync(`${folder}/pizza.log`, `${ctx.idempotencyKey} ${ctx.step.key}\n`, { append: true });
  console.log(what);
  await new Promise((resolve) => setTimeout(resolve, 50));
}

class ValidateOrder {
  run({ data }: StepContext<Order>): void {
    if (data.toppings.length === 0) throw new NonRetryableError("A pizza needs a topping");
  }
}

class Charge {
  async run(ctx: StepContext<Order>): Promise<string> {
    // A payment service that gets this key twice, because of a crash in between, takes the money once.
    await work(ctx, `charge ${ctx.data.total} with key ${ctx.idempotencyKey}`);
    return `receipt ${ctx.idempotencyKey}`;
  }
}

class Refund {
  run(ctx: StepContext<Order>): Promise<void> {
    return work(ctx, "refund");
  }
}

class Stretch {
  async run(ctx: StepContext<Order>): Promise<void> {
    await work(ctx, `stretch, ${ctx.data.left} left`);
    ctx.update("left", (left) => left - 1);
  }
}

const definition = new WorkflowBuilder<Order>()
  .startWith(ValidateOrder).name("Validate")
  .then(Charge).name("Charge").compensateWith(Refund).output("receipt")
  .onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 3, then: "compensate" }))
  .parallel((p) =>
    p.branch((b) => b.then((ctx) => work(ctx, "sauce")).name("Sauce"))
      .branch((b) => b.then((ctx) => work(ctx, "cheese")).name("Cheese"))
  ).name("Base")
  .ifDo((data) => data.total > 100, (then) => then.then((ctx) => work(ctx, "add a gift")).name("Gift"))
  .name("Big order?")
  .whileDo((data) => data.left > 0, (body) => body.then(Stretch).name("Stretch")).name("Dough")
  .forEach(
    (data) => data.toppings,
    (each) => each.then((ctx) => work(ctx, `add ${ctx.item}`)).name("Topping"),
    {
      sequential: true,
    },
  ).name("Toppings")
  .saga((s) =>
    s.then((ctx) => work(ctx, "reserve a courier")).name("Reserve")
      .compensateWith((ctx) => work(ctx, "release the courier"))
      .then((ctx) => work(ctx, "pay the courier")).name("Pay")
      .compensateWith((ctx) => work(ctx, "get the money back"))
  ).name("Courier")
  .then((ctx) => work(ctx, "into the oven")).name("Bake")
  .waitFor("oven.timer", (data) => data.ovenId, { timeout: "30m" }).name("Oven")
  .delay("50ms").name("Cool down")
  .thenFn((ctx) => {
    console.log(`serve, paid by ${ctx.data.receipt}`);
    return ExecutionResult.next();
  }).name("Serve")
  .endWorkflow()
  .build("pizza", 1);

await using store = await SqliteProvider.open(`${folder}/pizza.db`);
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(definition);
await host.start();

const order: Order = { ovenId: "oven-1", toppings: ["basil", "olives", "ham"], total: 120, left: 2 };
// The order's number makes starting again find the run that is there.
const run = await host.startWorkflow<Order>(definition.id, order, { idempotencyKey: "order-42" });
// The oven rings, perhaps again after a crash: the message id makes it one event, whenever the run waits for it.
await host.publishEvent("oven.timer", order.ovenId, { degrees: 300 }, { messageId: `${run.id}/oven` });
const { left } = await run.result();
console.log(`order ${run.id} is ${await run.status()}, ${left} stretches left`);
