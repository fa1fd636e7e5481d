/**
 * Telling others what happens: listeners hear what this host records, at once; a durable sink gets every event at least
 * once, in the order of each run, whatever fails in between.
 *
 *     deno run examples/19_lifecycle.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import {
  type LifecycleEvent,
  type LifecyclePublisher,
  WorkflowBuilder,
  WorkflowHostBuilder,
} from "@wfe/engine";

let outages = 1;
const received = Promise.withResolvers<void>();

/** Hands events over to a message broker, say, which is down at first. */
const broker: LifecyclePublisher = {
  name: "broker",
  publish(events: readonly LifecycleEvent[]): Promise<void> {
    if (outages-- > 0) return Promise.reject(new Error("the broker is down"));
    for (const event of events) {
      console.log(`broker: ${event.sequence} ${event.type}${"stepKey" in event ? ` ${event.stepKey}` : ""}`);
      if (event.type === "WorkflowCompleted") received.resolve();
    }
    return Promise.resolve();
  },
};

const definition = new WorkflowBuilder()
  .startWith(() => {}).name("One")
  .then(() => {}).name("Two")
  .build("count", 1);

await using host = new WorkflowHostBuilder().useLifecycle(broker).build();
host.registerWorkflow(definition);
using _listening = host.onEvent((event) => {
  if (event.type === "WorkflowCompleted") console.log("listener: it is complete");
});
await host.start();

await host.startWorkflow(definition.id);
await received.promise;
