import assert from "node:assert/strict";
import { compileTemplate } from "../../src/yaml/expression/template.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { runScript } from "../../tests/run_script.ts";
import { ScriptError, ScriptPermissionError } from "../script.ts";

const mebibyte = 1024 ** 2;

/** Takes memory by 4 MiB, slowly enough to be seen at it. */
const grow = (take: string) => `
  const kept = [];
  for (;;) {
    ${take}
    await new Promise((resolve) => setTimeout(resolve, 10));
  }`;

Deno.test("memory bounds what the process holds, by whatever means", async (t) => {
  const ways = {
    "array buffers": `kept.push(new Uint8Array(${4 * mebibyte}).fill(1));`,
    "shared buffers": `kept.push(new Uint8Array(new SharedArrayBuffer(${4 * mebibyte})).fill(1));`,
    "WebAssembly": `
      kept[0] ??= new WebAssembly.Memory({ initial: 1, maximum: 65536 });
      const start = kept[0].grow(64) * 65536;
      new Uint8Array(kept[0].buffer, start).fill(1);`,
  };
  for (const [name, take] of Object.entries(ways)) {
    await t.step(name, async () => {
      const { error } = await runScript(grow(take), { memory: 32 * mebibyte });
      assert.ok(error instanceof ScriptError, `${error}`);
      assert.equal(error.reason, "memory");
      const [, held] = /the process holds (\d+) MiB\). Raise memory/.exec(error.message) ?? [];
      assert.ok(Number(held) < 256, error.message);
    });
  }
});

Deno.test("array buffers that are let go of are not counted, on a busy machine either", async () => {
  const script = `for (let i = 0; i < 400; i++) new Uint8Array(${4 * mebibyte}).fill(1);`;
  const runs = await Promise.all(Array.from({ length: 4 }, () => runScript(script)));
  assert.deepEqual(runs.map(({ error }) => error), [undefined, undefined, undefined, undefined]);
});

Deno.test("what a script tells of its failure is bounded, whatever memory it has", async () => {
  const memory = 2048 * mebibyte;
  const long = await runScript(`throw new Error("x".repeat(5e7));`, { memory });
  assert.ok(long.error instanceof ScriptError);
  const { reason, message, line } = long.error;
  assert.deepEqual([reason, line, message.length < 20_000], ["threw", 1, true], message.slice(0, 200));
  const forged = await runScript(`Object.prototype.toJSON = () => "x".repeat(5e7); throw 1;`, { memory });
  assert.match(`${forged.error}`, /^ScriptError: what the script left is longer than \d+ characters$/);
});

Deno.test("output_limit bounds all outputs together", async () => {
  const script = `Wfe.setOutput("a", "x".repeat(600)); Wfe.setOutput("b", "x".repeat(600));`;
  const { error, data } = await runScript(script, { outputLimit: 1000 });
  assert.ok(error instanceof ScriptError);
  assert.deepEqual([error.reason, data], ["output", {}]);
  assert.match(error.message, /output "b": 1204 characters of JSON are more than the 1000/);
  assert.equal((await runScript(script, { outputLimit: 1204 })).error, undefined);
});

Deno.test("env sets variables for the script, and no other can be read", async () => {
  const { data, error } = await runScript(
    `Wfe.setOutput("a", Deno.env.get("GREETING")); Deno.env.get("PATH");`,
    { env: { GREETING: compileTemplate("hello ${{ data.name }}") }, data: { name: "Ada\n'\"" } },
  );
  assert.match(String(error), /needs env access to "PATH"/);
  assert.deepEqual(data, {});
  const own = await runScript(
    `Wfe.setOutput("a", [Deno.env.get("GREETING"), process.env.GREETING]);`,
    { env: { GREETING: compileTemplate("hello ${{ data.name }}") }, data: { name: "Ada\n'\"" } },
  );
  assert.deepEqual(own.data, { a: ["hello Ada\n'\"", "hello Ada\n'\""] });
});

Deno.test("env cannot set what the sandbox itself goes by", async () => {
  for (const name of ["DENO_DIR", "LD_PRELOAD", "NODE_OPTIONS", "WFE_STEP_TOKEN"]) {
    const { error, held } = await runScript("1", { env: { [name]: compileTemplate("x") } });
    assert.ok(error instanceof ScriptPermissionError, `${name}: ${error}`);
    assert.equal(held, undefined);
  }
});

Deno.test("a script step in YAML takes memory, output_limit and env", () => {
  const { steps } = parseWorkflow(`
workflow:
  id: limits
  version: 1
  steps:
    - name: Script
      type: deno
      config: { script: "1", memory: 64MB, output_limit: 8KB, env: { NAME: "\${{ data.name }}", COUNT: 3 } }
`);
  const { memory, output_limit, env } = steps[0]!.config!;
  assert.deepEqual([memory, output_limit], [64 * mebibyte, 8192]);
  assert.deepEqual(Object.keys(env as object), ["COUNT", "NAME"]);
});

Deno.test("a script step in YAML refuses limits out of range, and names of the sandbox", () => {
  const refused = (config: string, message: RegExp) =>
    assert.throws(() =>
      parseWorkflow(`
workflow:
  id: limits
  version: 1
  steps:
    - name: Script
      type: deno
      config: { script: "1", ${config} }
`), message);
  refused("memory: 8MB", /an amount of memory from 32MB to 64GB/);
  refused("output_limit: 1GB", /an amount from 1KB to 64MB/);
  refused("output_limit: 100", /an amount from 1KB to 64MB/);
  refused("env: { DENO_DIR: x }", /variables of Deno, .* cannot be set/);
});
