/**
 * Checking what runs are started with: any schema that keeps to Standard Schema fits, zod here. What it gives on, for
 * instance defaults, is the first data, and the type of the data comes from it.
 *
 *     deno run examples/23_input_schema.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { InvalidInputError, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
import { z } from "zod";

const input = z.object({
  email: z.email(),
  seats: z.int().min(1).max(8).default(2),
});

const definition = new WorkflowBuilder({ input })
  .startWith(({ data }) => console.log(`${data.seats} seats for ${data.email}`)).name("Book")
  .build("booking", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow(definition.id, { email: "ada@example.org" });
await run.result();
try {
  await host.startWorkflow(definition.id, { email: "ada", seats: 9 });
} catch (error) {
  if (!(error instanceof InvalidInputError)) throw error;
  error.problems.forEach((problem) => console.log(problem));
}
