import assert from "node:assert/strict";
import type { JsonValue } from "../../src/definition/json.ts";
import { ScriptError, ScriptExecutor } from "../script.ts";
import { processesNaming } from "../../tests/processes.ts";
import { runScript } from "../../tests/run_script.ts";

/** Scripts that never end, and that only the end of their process stops. */
const endless: Record<string, string> = {
  "a loop": `console.log("on"); while (true);`,
  "a microtask loop": `console.log("on"); for (;;) await null;`,
  "Atomics.wait": `console.log("on"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  "an await that never settles": `console.log("on"); await new Promise(() => {});`,
  "a regular expression": `console.log("on"); /^(a+)+$/.test("a".repeat(60) + "b");`,
  "a sort": `console.log("on"); for (;;) Array.from({ length: 1e6 }, Math.random).sort();`,
  "a getter of what it throws": `console.log("on"); throw { get message() { for (;;); } };`,
  "a loop in a Worker of its own": `
    new Worker("data:text/javascript,for(;;);", { type: "module" });
    console.log("on"); for (;;);`,
};

/** Longer than any of these tests may take. */
const grace = 30_000;

Deno.test("an aborted script that does not listen is killed without a grace, and nothing is left", async (t) => {
  const executor = new ScriptExecutor({ grace });
  for (const [name, script] of Object.entries(endless)) {
    await t.step(name, async () => {
      const took = await killed(script, executor);
      assert.ok(took < grace, `it took ${took.toFixed()} ms`);
    });
  }
});

/** Milliseconds from the abort until the step has ended. */
async function killed(script: string, executor: ScriptExecutor): Promise<number> {
  const abort = new AbortController();
  const reason = new Error("aborted by the test");
  let aborted = 0;
  const { error, held } = await runScript(script, {
    executor,
    signal: abort.signal,
    onLine: () => {
      aborted = performance.now();
      abort.abort(reason);
    },
  });
  const took = performance.now() - aborted;
  assert.equal(error, reason);
  assert.deepEqual(await processesOf(held), []);
  return took;
}

Deno.test("an aborted attempt starts nothing", async () => {
  const { error, lines, held } = await runScript(`console.log("ran")`, { signal: AbortSignal.abort("over") });
  assert.deepEqual([error, lines, held], ["over", [], undefined]);
});

Deno.test("programs that a script with run leaves behind end with it", async (t) => {
  const { state } = await Deno.permissions.query({ name: "env", variable: "PATH" });
  await t.step({
    name: state === "granted" ? "runs sleep" : "needs --allow-env=PATH: skipped",
    ignore: state !== "granted",
    fn: async () => {
      const { error, held, lines } = await runScript(
        `new Deno.Command("sleep", { args: ["600"] }).spawn(); console.log("on");`,
        { permissions: { run: true } },
      );
      assert.deepEqual([error, lines], [undefined, ["stdout: on"]]);
      assert.deepEqual(await processesOf(held), []);
    },
  });
});

Deno.test("an attempt first ends what an interrupted one has left", async () => {
  const held = Promise.withResolvers<JsonValue>();
  const begun = Promise.withResolvers<void>();
  const interrupted = runScript(`console.log("on"); for (;;);`, {
    onHold: held.resolve,
    onLine: () => begun.resolve(),
  });
  await begun.promise;
  const left = await held.promise;
  assert.notDeepEqual(await processesOf(left), []);
  const { error } = await runScript("1", { held: left });
  assert.equal(error, undefined);
  assert.deepEqual(await processesOf(left), []);
  assert.ok((await interrupted).error instanceof ScriptError);
});

/** Files of the processes of a tree, and of its supervisor. */
function processesOf(held: JsonValue | undefined): Promise<string[]> {
  return processesNaming((held as { readonly token: string }).token);
}
