/**
 * Testing workflows that wait: with a virtual clock a month passes in a moment, and every run of the test is the same.
 *
 *     deno run examples/20_virtual_clock.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { MemoryPersistence, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
import { VirtualClock } from "@wfe/engine/testing";

interface Subscription {
  readonly user: string;
  readonly reminders: number;
}

const definition = new WorkflowBuilder<Subscription>()
  .startWith(() => {}).name("Welcome")
  .delay("30d").name("Trial")
  .whileDo(
    (data) => data.reminders < 3,
    (b) =>
      b.then((ctx) => ctx.update("reminders", (reminders) => reminders + 1)).name("Remind")
        .waitFor("paid", (data) => data.user, {
          timeout: "7d",
          onTimeout: (b) => b.then(() => {}).name("Wait on"),
        })
        .name("Payment"),
  ).name("Reminders")
  .build("subscription", 1);

const clock = new VirtualClock();
await using host = new WorkflowHostBuilder()
  .usePersistence(new MemoryPersistence({ clock })).useClock(clock)
  // A host tells every few seconds that it lives: with a longer lease, months pass sooner.
  .leaseTtl("1h").build();
host.registerWorkflow(definition);
await host.start();

const started = clock.now();
const run = await host.startWorkflow<Subscription>(definition.id, { user: "ada", reminders: 0 });
await clock.pass("31d");
equal((await host.getWorkflow(run.id))?.data.reminders, 1);
const { reminders } = await clock.until(run.result(), { within: "60d" });
equal(reminders, 3);
console.log(`${reminders} reminders in ${Math.floor((clock.now() - started) / 86_400_000)} days`);
await clock.until(host.stop());
