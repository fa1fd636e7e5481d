import { deepEqual, throws } from "node:assert/strict";
import { type JsonObject, WorkflowBuilder, WorkflowHostBuilder } from "../mod.ts";
import { parseWorkflow } from "../src/yaml/mod.ts";
import { httpExecutor } from "./http.ts";
import { ScriptExecutor } from "./script.ts";
import { ShellExecutor } from "./shell.ts";

const host = () =>
  new WorkflowHostBuilder().useExecutor(new ShellExecutor()).useExecutor(new ScriptExecutor())
    .useExecutor(httpExecutor).build();

const register = (type: string, config: JsonObject) =>
  host().registerWorkflow(new WorkflowBuilder().startWith({ type, config }).name("Do").build("w", 1));

const refuses = (type: string, config: JsonObject, problem: RegExp) =>
  throws(() => register(type, config), { code: "INVALID_DEFINITION", message: problem });

Deno.test("what YAML makes of every step type is registered as it is", () => {
  const text = `
workflow:
  id: everything
  version: 1
  steps:
    - { name: A, config: { run: "make \${{ data.x }}", shell: sh, env: { A: "\${{ var.v }}", B: 2 }, outputs: [x] } }
    - { name: B, config: { command: [deno, "\${{ data.x }}"], working_dir: "\${{ data.x }}/a", timeout: 5s } }
    - { name: E, config: { run: make, env: [clear, { A: "\${{ var.v }}" }] } }
    - name: C
      type: deno
      config: { script: "f(\${{ data.x }})", permissions: { net: [example.com], run: false }, memory: 64MB }
    - name: D
      type: http
      config: { url: "https://example.org/\${{ data.x }}", headers: { x-n: 5 }, expected_status: [200, 404] }
`;
  host().registerWorkflow(parseWorkflow(text, { v: 1 }));
});

Deno.test("a shell step of the builder is checked when it is registered", () => {
  refuses("shell", { run: "make" }, /step "Do": config\.run: it must be \{ text, expressions \}/);
  refuses("shell", {}, /config: it must have either run or command/);
  refuses("shell", { command: [] }, /config\.command/);
  refuses("shell", { command: ["a", 5] }, /config\.command\[1\]: it must be text/);
  refuses("shell", { command: ["a"], env: { A: 1 } }, /config\.env\.A/);
  register("shell", { run: { text: "make", expressions: {} } });
});

Deno.test("a script step of the builder is checked when it is registered", () => {
  refuses("deno", { script: "f()" }, /config\.script: it must be \{ text, expressions \}/);
  refuses("deno", { script: { text: "f()", expressions: {} }, permissions: { nett: [] } }, /nett/);
  refuses("deno", { script: { text: "f()", expressions: {} }, memory: "64MB" }, /config\.memory/);
});

Deno.test("an http step of the builder is checked when it is registered", () => {
  for (
    const url of [
      "ftp://example.org/",
      "example.org",
      "https://a:b@example.org/",
      "https://a@example.org/",
      "https:example.org",
      5,
    ]
  ) {
    refuses("http", { url }, /step "Do": config\.url: /);
  }
  const url = "https://example.org/";
  refuses("http", { url, body: "x" }, /config\.method: a request with a body cannot be GET or HEAD/);
  refuses("http", { url, method: "POST", body: "x", json: 1 }, /config\.body: a request has one body/);
  refuses("http", { url, header: {} }, /header/);
  refuses("http", { url, headers: { Host: "a" } }, /this header belongs to the connection/);
  refuses("http", { url, headers: { "a b": "a" } }, /the name of a header/);
  refuses("http", { url, headers: { a: "b\nc" } }, /config\.headers\.a: /);
  refuses("http", { url, expected_status: 99 }, /config\.expected_status/);
  refuses("http", { url, max_response: "1GB" }, /a size from 1KB to 64MB/);
  refuses("http", { url, timeout: "25h" }, /a request can take one day at most/);
  refuses("http", { url, redirects: ["https://example.org"] }, /config\.redirects\[0\]/);
  register("http", { url, method: "DELETE", timeout: "2m", max_response: "64KB", response: "json" });
});

Deno.test("errors of an http step in YAML have their place and a remedy", () => {
  const text = `
workflow:
  id: asking
  version: 1
  steps:
    - name: Ask
      type: http
      config:
        url: example.org
        metod: POST
        headers: { Host: a }
        expected_status: 2
`;
  let problems: readonly string[] = [];
  try {
    parseWorkflow(text);
  } catch (error) {
    problems = (error as { problems: { line: number; column: number; message: string; remedy?: string }[] })
      .problems.map(({ line, column, message, remedy }) => `${line}:${column} ${message} | ${remedy}`);
  }
  deepEqual(problems, [
    '9:14 Cannot use "url": it must be a URL with http or https, without a user, received "example.org" | Write it whole, like https://example.com/path; a password goes into a header.',
    '10:9 Cannot use the key "metod" here: it is unknown | Did you mean "method"?',
    '11:20 Cannot use the key "Host": this header belongs to the connection | Leave it out: it is set as the request needs it.',
    '12:26 Cannot use "expected_status": it must be at least 100, received 2 | undefined',
  ]);
});
