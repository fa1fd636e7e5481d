import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { getCode } from "../definition/code.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { loadWorkflow, parseWorkflow, type StepType, WorkflowSyntaxError } from "./mod.ts";

const quickStart = `
workflow:
  id: deploy-pipeline
  version: 1
  steps:
    - name: Lint
      config: { run: deno lint, timeout: "120s" }
    - name: Notify
      type: deno
      config:
        script: |
          const data = Wfe.getData();
          const r = await fetch(\`http://127.0.0.1:\${data.port}/hook\`, { method: "POST", body: "done" });
          Wfe.setOutput("status", String(r.status));
        permissions: { net: ["127.0.0.1"] }
        timeout: "10s"
`;

const one = (config: string) =>
  `workflow:\n  id: a\n  version: 1\n  steps:\n    - name: A\n      config: ${config}\n`;

const varsOf = (definition: WorkflowDefinition) => getCode(definition).vars;

Deno.test("parseWorkflow() makes steps in a row, with timeouts in milliseconds", () => {
  const { id, version, onError, steps } = parseWorkflow(quickStart);
  deepEqual({ id, version, onError }, { id: "deploy-pipeline", version: 1, onError: { kind: "fail" } });
  deepEqual(
    steps.map(({ key, name, type, timeout, next }) => ({ key, name, type, timeout, next })),
    [
      { key: "Lint", name: "Lint", type: "shell", timeout: 120_000, next: ["Notify"] },
      { key: "Notify", name: "Notify", type: "deno", timeout: 10_000, next: undefined },
    ],
  );
  deepEqual(steps[1]?.config?.permissions, { net: ["127.0.0.1"] });
});

Deno.test("parseWorkflow() gives frozen JSON without positions", () => {
  const definition = parseWorkflow(quickStart);
  deepEqual(JSON.parse(JSON.stringify(definition)), definition);
  const isFrozen = (value: unknown): boolean =>
    typeof value !== "object" || value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  ok(isFrozen(definition));
  deepEqual(parseWorkflow(`# moved\n\n${quickStart}`), definition);
});

Deno.test("parseWorkflow() takes every option", () => {
  const { description, onError, steps } = parseWorkflow(
    `workflow:
  id: full
  version: 3
  description: Everything
  on_error: { retry: { max_retries: 2, interval: 5s, backoff: 2, max_interval: 1m, jitter: 0.5, then: suspend } }
  steps:
    - name: Build it
      id: build
      timeout: 2m
      on_error: terminate
      config:
        run: make \${{ var.target }}
        shell: sh
        env: { CODE: 007, VERSION: 1.10, DEBUG: true, WHO: "\${{ data.user }}" }
        working_dir: src
        outputs: { total: number, name: string }
    - name: Count
      type: deno
      on_error: { retry: {} }
      config:
        script: return 1;
        permissions: { read: [data], write: [out], env: [HOME], net: ["[::1]:80", api.example.com], run: false }
        memory: 256MB
    - name: List
      config: { run: ls, outputs: [x, y] }
`,
    { target: "all" },
  );
  equal(description, "Everything");
  deepEqual(onError, {
    kind: "retry",
    interval: 5_000,
    maxRetries: 2,
    backoff: 2,
    maxInterval: 60_000,
    jitter: 0.5,
    then: "suspend",
  });
  const [build, count, list] = steps;
  deepEqual([build?.key, build?.timeout, build?.onError, build?.next], ["build", 120_000, {
    kind: "terminate",
  }, ["Count"]]);
  deepEqual(build?.config, {
    run: { text: 'make "${WFE_EXPR_1}"', expressions: { WFE_EXPR_1: "var.target" } },
    shell: "sh",
    env: { CODE: "007", VERSION: "1.10", DEBUG: "true", WHO: { template: [{ expression: "data.user" }] } },
    working_dir: "src",
    outputs: { total: "number", name: "string" },
  });
  equal(count?.config?.memory, 256 * 1024 ** 2);
  deepEqual(list?.config?.outputs, { x: "string", y: "string" });
});

Deno.test("parseWorkflow() keeps variables beside the definition, used or not", () => {
  const definition = parseWorkflow(one('{ run: "echo ${{ var.a }}" }'), { a: "secret", b: [1] });
  deepEqual(varsOf(definition), { a: "secret", b: [1] });
  ok(!JSON.stringify(definition).includes("secret"));
  throws(() => parseWorkflow(one("{ run: a }"), { a: NaN }), { code: "INVALID_JSON" });
});

Deno.test("parseWorkflow() accepts a byte order mark, CRLF, comments and aliases", () => {
  const definition = parseWorkflow(quickStart);
  deepEqual(parseWorkflow(`\ufeff${quickStart}`), definition);
  deepEqual(parseWorkflow(quickStart.replaceAll("\n", "\r\n")), definition);
  deepEqual(parseWorkflow(`---${quickStart}...\n# the end\n`), definition);
  const { steps } = parseWorkflow(`
workflow:
  id: a
  version: 1
  steps:
    - { name: A, config: &build { run: make, env: &env { A: 1 } } }
    - { name: B, config: *build }
    - { name: C, config: { run: test, env: *env } }
`);
  deepEqual(steps[1]?.config, steps[0]?.config);
  deepEqual(steps[2]?.config?.env, { A: "1" });
});

Deno.test("parseWorkflow() tells the place in files with CRLF, a byte order mark and wide characters", () => {
  const place = (text: string) => {
    try {
      parseWorkflow(text);
    } catch (error) {
      ok(error instanceof WorkflowSyntaxError);
      return `${error.line}:${error.column}`;
    }
  };
  equal(place("\ufeff\r\nworkflow: {}\r\n日本𝄞: 1\r\n".replace("workflow: {}", "a: &x 1")), "2:1");
  equal(place("{ 日本𝄞: 1, 日本𝄞: 2 }"), "1:11");
  equal(place("\ufeff{ a: 1, a: 2 }"), "1:9");
});

Deno.test("parseWorkflow() takes step types of its caller, and reports their problems in the file", () => {
  const schema = z.strictObject({ seconds: z.number().max(60), note: z.string().exactOptional() });
  const wait: StepType<z.infer<typeof schema>> = {
    type: "wait",
    schema,
    compile: ({ seconds, note }, scope) => {
      if (seconds === 13) {
        scope.problem(["seconds"], "Cannot wait 13 seconds: it brings bad luck", "Take 12.");
      }
      return {
        config: { seconds, note: note && scope.compile(["note"], (text) => text.trim()) },
        timeout: seconds * 2_000,
      };
    },
  };
  const text = (config: string) => one(config).replace("config:", "type: wait\n      config:");
  const [step] = parseWorkflow(text("{ seconds: 5 }"), {}, { types: [wait] }).steps;
  deepEqual([step?.type, step?.config, step?.timeout], ["wait", { seconds: 5 }, 10_000]);
  const [shell] = parseWorkflow(one("{ seconds: 1 }"), {}, { types: [{ ...wait, type: "shell" }] }).steps;
  deepEqual([shell?.type, shell?.config], ["shell", { seconds: 1 }]);
  const refused = (config: string, message: RegExp) =>
    throws(() => parseWorkflow(text(config), {}, { types: [wait] }), { code: "WORKFLOW_SYNTAX", message });
  refused("{ seconds: 61 }", /:7:26: Cannot use "seconds": it must be at most 60, received 61/);
  refused("{ second: 5 }", /:7:17: Cannot use the key "second" here/);
  refused("{ seconds: 13 }", /:7:26: Cannot wait 13 seconds/);
  refused('{ seconds: 1, note: "${{ var.x }}" }', /:7:44: .*"x" is not defined/);
});

Deno.test("loadWorkflow() reads a file by path and by URL", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a b.yaml");
    await Deno.writeTextFile(path, quickStart);
    const definition = parseWorkflow(quickStart);
    deepEqual(await loadWorkflow(path), definition);
    deepEqual(await loadWorkflow(pathToFileURL(path)), definition);
    deepEqual(varsOf(await loadWorkflow(path, { a: 1 })), { a: 1 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadWorkflow() reads the pipeline of the examples", async () => {
  const { steps } = await loadWorkflow(new URL("../../examples/01_pipeline.yaml", import.meta.url));
  deepEqual(steps.map(({ type }) => type), ["shell", "shell", "shell", "deno", "shell", "shell", "shell"]);
});

Deno.test({
  name: "parseWorkflow() needs no permission",
  permissions: "none",
  fn: () => {
    parseWorkflow(quickStart);
    parseWorkflow(one('{ run: "echo ${{ var.a }}" }'), { a: 1 });
    parseWorkflow(one('{ script: "f(${{ var.a }})" }').replace("config:", "type: deno\n      config:"), {
      a: 1,
    });
    throws(() => parseWorkflow(one('{ run: "echo ${{ var.b }}" }')), WorkflowSyntaxError);
  },
});

Deno.test({
  name: "loadWorkflow() without read permission names the flag",
  permissions: { read: false },
  fn: async () => {
    const error = await loadWorkflow("/etc/hosts").catch((error) => error);
    ok(error instanceof Deno.errors.NotCapable);
    ok(error.message.includes("--allow-read"));
  },
});
