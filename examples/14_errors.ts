/**
 * What happens when a step fails: it is tried again, the run is suspended until somebody has looked at it, or it ends.
 *
 *     deno run examples/14_errors.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { ErrorBehavior, RetryAfterError, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

let paper = 0;

const definitions = [
  new WorkflowBuilder()
    .startWith(({ attempt }) => {
      console.log(`attempt ${attempt}`);
      if (attempt === 1) throw new Error("busy");
      // The server says when; that counts as one of the retries, too.
      if (attempt === 2) throw new RetryAfterError("busy for another while", 5);
    }).name("Fetch").onError(ErrorBehavior.retry({ interval: "5ms", maxRetries: 3, backoff: 2 }))
    .build("retried", 1),
  new WorkflowBuilder()
    .startWith(() => {
      if (paper === 0) throw new Error("out of paper");
      console.log("printed");
    }).name("Print").onError(ErrorBehavior.retry({ maxRetries: 0, then: "suspend" }))
    .build("suspended", 1),
  new WorkflowBuilder({ onError: ErrorBehavior.terminate() })
    .startWith(() => Promise.reject(new TypeError("not a number"))).name("Compute")
    .build("terminated", 1),
];

await using host = new WorkflowHostBuilder().build();
definitions.forEach((definition) => host.registerWorkflow(definition));
await host.start();

for (const { id } of definitions) {
  const run = await host.startWorkflow(id);
  const { status, reason } = await run.atRest();
  console.log(`${id}: ${status}${reason ? `, ${reason}` : ""}`);
  if (status === "Suspended") {
    paper = 100;
    await host.resumeWorkflow(run.id);
    await run.result();
  }
}
