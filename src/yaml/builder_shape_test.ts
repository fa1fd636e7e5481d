import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { type Verbs, WorkflowBuilder } from "../definition/builder.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { storeDefinition } from "../definition/hash.ts";
import type { JsonObject } from "../definition/json.ts";
import { compileTemplate, parseWorkflow } from "./mod.ts";

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
      lock: database
      config: { command: [deno, test], timeout: 10s }
    - name: Publish
      lock: { name: "publish ${"$"}{{ data.to }}", ttl: 10s, wait: 5m }
      config: { run: ./publish.sh }
`);
  const [build, test, publish] = read.steps.map((step) => step.config!);
  const built = new WorkflowBuilder({ description: "Everything", onError: ErrorBehavior.terminate() })
    .startWith({ type: "shell", config: build! }).name("Build it").id("build").timeout("2m")
    .onError(ErrorBehavior.retry({ ...retry, then: "suspend" }))
    .then({ type: "shell", config: test! }).name("Test").timeout("10s").lock("database")
    .then({ type: "shell", config: publish! }).name("Publish")
    .lock(compileTemplate("publish ${{ data.to }}"), { ttl: "10s", wait: "5m" })
    .build("pipeline", 3);
  deepEqual(read, built);
  equal(storeDefinition(read).hash, storeDefinition(built).hash);
});

Deno.test("what YAML makes of commands and scripts can be written in code", () => {
  const read = parseWorkflow(`
workflow:
  id: written
  version: 1
  steps:
    - name: Build
      config: { run: "make ${"$"}{{ data.target }}", env: { DEBUG: "1" }, outputs: [size] }
    - name: Count
      type: deno
      config: { script: return 1;, permissions: { net: [example.com] }, memory: 64MB, timeout: 5s }
`);
  const run = { text: 'make "${WFE_EXPR_1}"', expressions: { WFE_EXPR_1: "data.target" } };
  const script = { text: "return 1;", expressions: {} };
  const built = new WorkflowBuilder({ onError: ErrorBehavior.fail() })
    .startWith({ type: "shell", config: { run, env: { DEBUG: "1" }, outputs: { size: "string" } } }).name(
      "Build",
    )
    .then({ type: "deno", config: { script, permissions: { net: ["example.com"] }, memory: 64 * 1024 ** 2 } })
    .name("Count").timeout("5s")
    .build("written", 1);
  deepEqual(read, built);
});

/** A policy as YAML and as the builder write it. */
type Policy = readonly [yaml: unknown, built: ErrorPolicy];

const outcome = fc.constantFrom("fail" as const, "suspend" as const, "terminate" as const);

const duration = fc.integer({ min: 1, max: 60_000 }).map((length) => `${length}ms`);

const retries: fc.Arbitrary<Policy> = fc.record({
  interval: duration,
  maxRetries: fc.nat(9),
  backoff: fc.integer({ min: 1, max: 5 }),
  maxInterval: duration,
  jitter: fc.constantFrom(0, 0.25, 1),
  then: outcome,
}, { requiredKeys: [] }).map((options) => {
  const { maxRetries, maxInterval, ...same } = options;
  const yaml = {
    ...same,
    ...(maxRetries !== undefined && { max_retries: maxRetries }),
    ...(maxInterval !== undefined && { max_interval: maxInterval }),
  };
  return [{ retry: yaml }, ErrorBehavior.retry(options)];
});

const policy = fc.oneof(outcome.map((kind): Policy => [kind, ErrorBehavior[kind]()]), retries);

const steps = fc.array(
  fc.record({
    hasId: fc.boolean(),
    timeout: fc.option(duration, { nil: undefined }),
    onError: fc.option(policy, { nil: undefined }),
    isScript: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

Deno.test("any pipeline is the same definition, whether it comes from YAML or from the builder", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 99 }),
    fc.option(fc.constantFrom("", "Builds: all", "# no comment"), { nil: undefined }),
    fc.option(policy, { nil: undefined }),
    steps,
    (version, description, onError, given) => {
      // JSON is YAML, too.
      const text = JSON.stringify({
        workflow: {
          id: "pipeline",
          version,
          description,
          on_error: onError?.[0],
          steps: given.map(({ hasId, timeout, onError, isScript }, index) => ({
            name: `Step ${index}`,
            id: hasId ? `id-${index}` : undefined,
            type: isScript ? "deno" : undefined,
            timeout,
            on_error: onError?.[0],
            config: isScript ? { script: "return 1;" } : { run: "make" },
          })),
        },
      });
      let chain: unknown = new WorkflowBuilder({
        description,
        onError: onError?.[1] ?? ErrorBehavior.fail(),
      });
      for (const [index, { hasId, timeout, onError, isScript }] of given.entries()) {
        const config: JsonObject = isScript
          ? { script: { text: "return 1;", expressions: {} } }
          : { run: { text: "make", expressions: {} } };
        let step = (chain as Verbs<JsonObject>).then({ type: isScript ? "deno" : "shell", config })
          .name(`Step ${index}`);
        if (hasId) step = step.id(`id-${index}`);
        if (timeout !== undefined) step = step.timeout(timeout);
        if (onError) step = step.onError(onError[1]);
        chain = step;
      }
      const built = (chain as { build(id: string, version: number): WorkflowDefinition })
        .build("pipeline", version);
      const read = parseWorkflow(text);
      deepEqual(read, built);
      equal(storeDefinition(read).hash, storeDefinition(built).hash);
    },
  ));
});
