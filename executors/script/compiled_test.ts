import assert from "node:assert/strict";
import { runScript } from "../../tests/run_script.ts";
import { ScriptExecutor, ScriptSandboxError } from "../script.ts";

/** Has this program look like one that `deno compile` made, until disposed of. */
function asCompiled(): Disposable {
  const usual = Object.getOwnPropertyDescriptor(Deno, "build")!;
  Object.defineProperty(Deno, "build", { ...usual, value: { ...Deno.build, standalone: true } });
  return { [Symbol.dispose]: () => void Object.defineProperty(Deno, "build", usual) };
}

Deno.test("in a compiled program scripts run by the Deno that is named, TypeScript too", async () => {
  using _compiled = asCompiled();
  const executor = new ScriptExecutor({ deno: Deno.execPath() });
  const { error, data } = await runScript(`enum E { A = 1 } Wfe.setOutput("a", E.A as number);`, {
    executor,
  });
  assert.equal(error, undefined);
  assert.deepEqual(data, { a: 1 });
});

Deno.test("a compiled program that names no Deno, or not its path, is told what to write", async () => {
  using _compiled = asCompiled();
  for (
    const [options, told] of [
      [{}, /give it a Deno, like new ScriptExecutor\(\{ deno: "\/usr\/bin\/deno" \}\)/],
      [{ deno: "deno" }, /must be an absolute path, received "deno"/],
    ] as const
  ) {
    const { error } = await runScript(`Wfe.log(1)`, { executor: new ScriptExecutor(options) });
    assert.ok(error instanceof ScriptSandboxError);
    assert.match(error.message, told);
  }
});
