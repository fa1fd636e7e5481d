import assert from "node:assert/strict";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { StepExecutor } from "../definition/step_body.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";

/** An executor that notes what it is told. */
function noting(notes: string[]): StepExecutor {
  return {
    type: "noting",
    run: () => {
      notes.push("run");
      return Promise.resolve(ExecutionResult.next());
    },
    prepare: (steps) => notes.push(`prepare ${steps.map(({ key }) => key)}`),
    [Symbol.asyncDispose]: () => {
      notes.push("dispose");
      return Promise.resolve();
    },
  };
}

function definition(id: string): WorkflowDefinition {
  return { id, version: 1, steps: [{ key: `step of ${id}`, type: "noting" }] };
}

Deno.test("an executor is told once of each step that the host may have to run, and of its stop", async () => {
  const notes: string[] = [];
  const host = new WorkflowHostBuilder().useExecutor(noting(notes)).build();
  host.registerWorkflow(definition("a"));
  host.registerWorkflow(definition("a"));
  assert.deepEqual(notes, [], "nothing is prepared in a host that does not run");
  await host.start();
  host.registerWorkflow(definition("b"));
  host.registerWorkflow(definition("b"));
  assert.deepEqual(notes, ["prepare step of a", "prepare step of b"]);
  await (await host.startWorkflow("a")).result();
  await host.stop();
  assert.deepEqual(notes.slice(2), ["run", "dispose"]);
});

Deno.test("an executor that comes later is told of the steps that are there", async () => {
  const notes: string[] = [];
  await using host = new WorkflowHostBuilder().build();
  host.registerWorkflow(definition("a"));
  await host.start();
  host.registerExecutor(noting(notes));
  assert.deepEqual(notes, ["prepare step of a"]);
});

Deno.test("an executor of a host that never ran has nothing to let go of", async () => {
  const notes: string[] = [];
  const host = new WorkflowHostBuilder().useExecutor(noting(notes)).build();
  host.registerWorkflow(definition("a"));
  await host.stop();
  assert.deepEqual(notes, []);
});
