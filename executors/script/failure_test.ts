import assert from "node:assert/strict";
import { ScriptError } from "../script.ts";
import { runScript, type ScriptTest } from "../../tests/run_script.ts";

async function failing(script: string, test?: ScriptTest): Promise<ScriptError> {
  const { error } = await runScript(script, test);
  assert.ok(error instanceof ScriptError, `${script} gave ${error}`);
  return error;
}

Deno.test("an uncaught error keeps its message, with line and column of the script", async () => {
  const error = await failing(`interface A { readonly a: string }
const a: A = { a: "b" };
function inner(text: string): never { throw new RangeError("too " + text) }
inner(a.a);`);
  assert.equal(error.message, "RangeError: too b (script:3:45)");
  assert.deepEqual([error.line, error.column, error.reason], [3, 45, "threw"]);
  assert.match(error.stack!, /^ScriptError: .*\n {4}at inner \(script:3:45\)\n {4}at script:4:1$/);
});

Deno.test("an unhandled rejection and an error in a timer fail the step", async () => {
  assert.equal((await failing(`Promise.reject(new Error("lost"));`)).message, "lost (script:1:16)");
  const late = await failing(
    `setTimeout(() => { throw new Error("late") }, 1); await new Promise(() => {});`,
  );
  assert.equal(late.message, "late (script:1:26)");
});

Deno.test("a cause is told", async () => {
  const { message } = await failing(`throw new Error("outer", { cause: new Error("inner") })`);
  assert.equal(message, "outer (cause: inner) (script:1:7)");
});

Deno.test("a syntax error names its place", async () => {
  const error = await failing("const a = 1;\nlet b: = 2;");
  assert.deepEqual([error.reason, error.line, error.column], ["module", 2, 8]);
  assert.match(error.message, /^SyntaxError: Unexpected token `=`/);
});

Deno.test("imports of files, packages and npm modules fail with their remedy", async (t) => {
  const cases: [string, RegExp][] = [
    [`import "./helper.ts";`, /imports a file by a relative path/],
    [`import chalk from "npm:chalk"; chalk;`, /imports a module by npm:/],
    [`await import("npm:chalk");`, /imports a module by npm:/],
    [`import chalk from "chalk"; chalk;`, /imports "chalk", but a script step has no dependencies/],
    [`import x from "https://example.com/x.ts"; x;`, /net: \["example.com"\], dynamic_import: true/],
    [`await import("https://example.com/x.ts");`, /net: \["example.com"\], dynamic_import: true/],
  ];
  for (const [script, message] of cases) {
    await t.step(script, async () => assert.match((await failing(script)).message, message));
  }
});

Deno.test("whatever is thrown, the failure is typed", async (t) => {
  const cases: [string, RegExp][] = [
    [`throw null`, /^null was thrown/],
    [`throw undefined`, /^undefined was thrown/],
    [`throw 10n`, /^10 was thrown \(a value of type bigint\)/],
    [`throw Symbol("s")`, /^Symbol\(s\) was thrown/],
    [`throw "text"`, /^text$/],
    [
      `throw { toString() { throw 1 }, get message() { throw 2 }, get stack() { throw 3 } }`,
      /an object without a message/,
    ],
    [`throw new Proxy({}, { get() { throw 1 } })`, /an object without a message/],
    [`Promise.reject({ message: {}, stack: [] })`, /an object without a message/],
    [`throw Object.assign(new Error("x"), { message: "m".repeat(1e6), stack: 1 })`, /^m{16384}$/],
    [`Error.prepareStackTrace = () => 42; throw new Error("own stack")`, /^own stack$/],
    [`throw new (class extends Error { get name() { throw 1 } })("named")`, /^named \(script:/],
  ];
  for (const [script, message] of cases) {
    await t.step(script, async () => assert.match((await failing(script)).message, message));
  }
});

Deno.test("a value that is no JSON names the output", async (t) => {
  const cases: [string, RegExp][] = [
    [`1n`, /output "x": its value is of type bigint/],
    [`undefined`, /output "x": its value is of type undefined/],
    [`{ f() {} }`, /output "x": its value\.f is of type function/],
    [`[1, [NaN]]`, /output "x": its value\[1\]\[0\] is NaN/],
    [`2 ** 60`, /output "x": its value is beyond 2\^53/],
    [`new Date(0)`, /output "x": its value is no plain object/],
    [`new Map()`, /output "x": its value is no plain object/],
    [`(() => { const a = []; a.push({ a }); return a })()`, /output "x": its value\[0\]\.a contains itself/],
    [`JSON.parse('{"__proto__": 1}')`, /output "x": its value has the key __proto__/],
    [`[,1]`, /output "x": its value\[0\] is of type undefined/],
    [`"\\0"`, /output "x": the text has a NUL character/],
    [`"\\ud800"`, /output "x": the text has a lone surrogate/],
    [`"x".repeat(1024 ** 2 + 1)`, /output "x": 1048579 characters of JSON are more than/],
    [`"\\u20ac".repeat(500_000)`, /output "x": 1500002 bytes of JSON exceed/],
  ];
  for (const [value, message] of cases) {
    await t.step(value, async () => {
      const error = await failing(`Wfe.setOutput("x", ${value})`);
      assert.match(error.message, message);
      assert.equal(error.reason, "output");
    });
  }
  for (const name of [`"__proto__"`, `""`, `"a b"`, `5`, `{ toString: () => "x" }`]) {
    await t.step(`the name ${name}`, async () => {
      assert.match(
        (await failing(`Wfe.setOutput(${name}, 1)`)).message,
        /^Cannot set output .*: a name is a letter/,
      );
    });
  }
});

Deno.test("outputs of a MiB arrive whole, whatever the script prints meanwhile", async () => {
  const { data, error } = await runScript(`
    setInterval(() => Deno.stdout.writeSync(new TextEncoder().encode("x".repeat(700))), 0);
    Wfe.setOutput("big", "\\u20ac".repeat(349_000));
    await Deno.stdout.write(new TextEncoder().encode("open line"));`);
  assert.equal(error, undefined);
  assert.equal(data.big, "\u20ac".repeat(349_000));
});

Deno.test("memory bombs fail the step and leave the engine alone", async () => {
  const memory = 64 * 1024 ** 2;
  const heap = await failing(`const a = []; for (;;) a.push(new Array(1e5).fill({}));`, { memory });
  assert.deepEqual([heap.reason, heap.message.includes("Raise memory")], ["memory", true]);
  const buffers = await failing(`const a = []; for (;;) a.push(new Uint8Array(2 ** 25).fill(1));`, {
    memory,
  });
  assert.equal(buffers.reason, "memory");
  const workers = await failing(`for (;;) new Worker("data:text/javascript,", { type: "module" });`, {
    memory,
  });
  assert.match(workers.message, /each Worker of its own takes 512 MiB/);
});

Deno.test("of a Deno that panicked the error tells with what, and not its command line", async () => {
  const ends = async (lines: readonly string[]) =>
    (await failing(`
      Deno.stderr.writeSync(new TextEncoder().encode(${JSON.stringify(lines.join("\n") + "\n")}));
      Deno.kill(Deno.pid, "SIGKILL");
      await new Promise(() => {});`)).message;
  const head = ["Deno has panicked. This is a bug in Deno.", "Version: 2.9.6", 'Args: ["deno", "run"]', ""];
  const panic = ["thread 'main' panicked at a.rs:1:2:", "no more threads", "note: run with RUST_BACKTRACE=1"];
  assert.equal(
    await ends([...head, ...panic]),
    "The script's process ended by SIGKILL: thread 'main' panicked at a.rs:1:2:\nno more threads",
  );
  assert.doesNotMatch(await ends(head), /Args/);
});
