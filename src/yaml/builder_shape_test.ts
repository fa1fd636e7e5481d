import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { storeDefinition } from "../definition/hash.ts";
import { parseWorkflow } from "./mod.ts";

Deno.test("a pipeline is the same definition, whether it comes from YAML or from the builder", () => {
  const retry = { maxRetries: 2, interval: "5s", backoff: 2, maxInterval: "1m", jitter: 0.5 };
  const read = parseWorkflow(`
workflow:
  id: pipeline
  version: 3
  description: Everything
  on_error: terminate
  steps:
    - name: Build it
      id: build
      timeout: 2m
      on_error: { retry: { max_retries: 2, interval: 5s, backoff: 2, max_interval: 1m, jitter: 0.5, then: suspend } }
      config: { run: make, env: { DEBUG: "1" } }
    - name: Test
      config: { command: [deno, test], timeout: 10s }
    - name: Publish
      config: { run: ./publish.sh }
`);
  const [build, test, publish] = read.steps.map((step) => step.config!);
  const built = new WorkflowBuilder({ description: "Everything", onError: ErrorBehavior.terminate() })
    .startWith({ type: "shell", config: build! }).name("Build it").id("build").timeout("2m")
    .onError(ErrorBehavior.retry({ ...retry, then: "suspend" }))
    .then({ type: "shell", config: test! }).name("Test").timeout("10s")
    .then({ type: "shell", config: publish! }).name("Publish")
    .build("pipeline", 3);
  deepEqual(read, built);
  equal(storeDefinition(read).hash, storeDefinition(built).hash);
});
