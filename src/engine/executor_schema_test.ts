import { deepEqual, equal, throws } from "node:assert/strict";
import { z } from "zod";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { InvalidDefinitionError } from "../definition/errors.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { StepExecutor } from "../definition/step_body.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";

const mail: StepExecutor = {
  type: "mail",
  schema: z.strictObject({ to: z.email() }),
  run: (ctx) => Promise.resolve(ExecutionResult.next(ctx.step.config!.to)),
};

const mailing = (to: string) =>
  new WorkflowBuilder().startWith({ type: "mail", config: { to } }).name("Send").build("mailing", 1);

const refusal = (error: InvalidDefinitionError) => {
  deepEqual([error.name, error.code], ["InvalidDefinitionError", "INVALID_DEFINITION"]);
  deepEqual(error.problems, ['step "Send": config.to: Invalid email address']);
  return true;
};

Deno.test("registerWorkflow() refuses a step whose config does not fit the schema of its executor", async () => {
  await using host = new WorkflowHostBuilder().useExecutor(mail).build();
  throws(() => host.registerWorkflow(mailing("nobody")), refusal);
  throws(() => host.registerWorkflow(new WorkflowBuilder().startWith({ type: "mail" }).build("none", 1)), {
    message: /step "1:mail": config\.to: /,
  });
  host.registerWorkflow(mailing("ada@example.org"));
  await host.start();
  equal((await (await host.startWorkflow("mailing")).atRest()).status, "Complete");
});

Deno.test("registerExecutor() refuses an executor that a registered definition does not fit", async () => {
  await using host = new WorkflowHostBuilder().build();
  host.registerWorkflow(mailing("nobody"));
  throws(() => host.registerExecutor(mail), refusal);
  await host.start();
  const run = await host.startWorkflow("mailing");
  equal((await run.atRest()).parkedReason, 'no executor is set up for step "Send" of type "mail"');
  host.registerExecutor({ type: "mail", run: mail.run });
  await run.result();
});
