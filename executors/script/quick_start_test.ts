import assert from "node:assert/strict";
import { runScript } from "../../tests/run_script.ts";

Deno.test("ScriptExecutor runs the README's hook script and hands its output on", async () => {
  const bodies: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    bodies.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
    return new Response("ok", { status: 202 });
  });
  const script = `
    const data = Wfe.getData();
    const r = await fetch(\`http://127.0.0.1:\${data.port}/hook\`, { method: "POST", body: "done" });
    Wfe.setOutput("status", String(r.status));`;
  const { result, data, error } = await runScript(script, {
    data: { port: server.addr.port },
    permissions: { net: ["127.0.0.1"] },
  });
  assert.equal(error, undefined);
  assert.deepEqual(bodies, ["POST /hook done"]);
  assert.deepEqual(data, { status: "202" });
  assert.deepEqual(result?.request, { kind: "next", output: { status: "202" } });
});

Deno.test("ScriptExecutor journals its process before the script begins", async () => {
  const { held } = await runScript("1");
  assert.deepEqual(Object.keys(held as object), ["pid", "token", "folder"]);
});

Deno.test("Wfe.getData() gives a copy each time, Wfe.vars is frozen", async () => {
  const { data, error } = await runScript(
    `
    const first = Wfe.getData();
    first.list.push(3);
    try { Wfe.vars.deep.name = "changed"; } catch (e) { Wfe.setOutput("refused", e.name); }
    try { globalThis.Wfe = 1; } catch (e) { Wfe.setOutput("fixed", e.name); }
    Wfe.setOutput("list", Wfe.getData().list);
    Wfe.setOutput("deep", Wfe.vars.deep);
    Wfe.setOutput("attempt", [Wfe.attempt, Wfe.idempotencyKey]);`,
    { data: { list: [1, 2] }, vars: { deep: { name: "kept" } } },
  );
  assert.equal(error, undefined);
  assert.deepEqual(data, {
    refused: "TypeError",
    fixed: "TypeError",
    list: [1, 2],
    deep: { name: "kept" },
    attempt: [2, "run-1/7"],
  });
});

Deno.test("expressions are constants of JSON values, fresh at each use", async () => {
  const { data, error } = await runScript(
    `WFE_EXPR_1.push("x"); Wfe.setOutput("all", [WFE_EXPR_1, WFE_EXPR_2]); try { WFE_EXPR_2 = 1 } catch { Wfe.log("fixed") }`,
    {
      expressions: { WFE_EXPR_1: "data.list", WFE_EXPR_2: "var.text" },
      data: { list: ["a"] },
      vars: { text: '"); Deno.exit(9); ("' },
    },
  );
  assert.equal(error, undefined);
  assert.deepEqual(data, { all: [["a"], '"); Deno.exit(9); ("'] });
});

Deno.test("console and Wfe.log lines arrive in the step's log with their levels, in order", async () => {
  const { lines } = await runScript(`
    console.log("one\\ntwo"); console.error("%s", "three"); Wfe.log({ a: 1 }, "ü"); console.log(); console.debug("four");
    Deno.stdout.writeSync(new TextEncoder().encode("open ")); console.warn("five"); console.info("six\\n7%\\r8%");
    console.group("in"); console.table([1]); console.error("x".repeat(40_000)); console.log("end");`);
  assert.deepEqual(lines, [
    "stdout: one",
    "stdout: two",
    "error: three",
    "stdout: { a: 1 } ü",
    "stdout: ",
    "debug: four",
    "stdout: open ",
    "warn: five",
    "info: six",
    "info: 8%",
    "stdout: in",
    "stdout:   ┌───────┬────────┐",
    "stdout:   │ (idx) │ Values │",
    "stdout:   ├───────┼────────┤",
    "stdout:   │     0 │      1 │",
    "stdout:   └───────┴────────┘",
    `error:   ${"x".repeat(31_998)}`,
    `error: ${"x".repeat(8_002)}`,
    "stdout:   end",
  ]);
});

Deno.test("TypeScript: types, enums, generics, parameter properties and top-level await", async () => {
  const { data, error } = await runScript(`
    enum Colour { Red = "red", Green = "green" }
    namespace Tools { export const twice = <T extends number>(n: T): number => n * 2; }
    class Point { constructor(readonly x: number, private y = 4) {} get sum(): number { return this.x + this.y; } }
    interface Shape { readonly name: string }
    const shape = { name: "square" } satisfies Shape;
    const later = await new Promise<number>((resolve) => setTimeout(() => resolve(7), 5));
    using scope = { [Symbol.dispose]() {} };
    Wfe.setOutput("all", [Colour.Green, Tools.twice(4), new Point(3).sum, shape.name as string, later!]);`);
  assert.equal(error, undefined);
  assert.deepEqual(data, { all: ["green", 8, 7, "square", 7] });
});

Deno.test("a script ends with its last line: what it left running ends with it", async () => {
  const { result, lines } = await runScript(`setInterval(() => console.log("tick"), 1); Deno.unrefTimer;`);
  assert.equal(result?.request.kind, "next");
  assert.ok(lines.every((line) => line === "stdout: tick"));
});
