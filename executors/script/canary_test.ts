import assert from "node:assert/strict";
import { ScriptExecutor, ScriptSandboxError } from "../script.ts";
import { runScript } from "../../tests/run_script.ts";

/** Programs in the place of Deno, each of which breaks what the sandbox is relied on for. */
const broken: Record<string, [string, RegExp]> = {
  "a sandbox that lets through what is not granted": [
    `job=$(cat); nonce=\${job#*'"nonce":"'}; nonce=\${nonce%%'"'*}
    case $job in
      *'while (true);'*) echo loop; sleep 60 ;;
      *) echo; echo "$nonce."'{"kind":"done","outputs":{"read":"allowed","write":"denied"}}' ;;
    esac`,
    /the sandbox does not hold on this version of Deno: read \(allowed\)/,
  ],
  "a sandbox that tests nothing": [
    `job=$(cat); nonce=\${job#*'"nonce":"'}; nonce=\${nonce%%'"'*}
    case $job in *'while (true);'*) echo loop; sleep 60 ;; *) echo; echo "$nonce."'{"kind":"done","outputs":{}}' ;; esac`,
    /the sandbox does not hold/,
  ],
  "an option that this Deno does not know": [
    `echo "error: unexpected argument" >&2; exit 1`,
    /a test script did not run: error: unexpected argument \(exit code 1\)/,
  ],
};

Deno.test("scripts are refused where the sandbox does not hold", async (t) => {
  for (const [name, [program, message]] of Object.entries(broken)) {
    await t.step(name, async () => {
      const directory = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${directory}/deno`, `#!/bin/sh\n${program}\n`, { mode: 0o700 });
        const executor = new ScriptExecutor({ deno: `${directory}/deno`, directory });
        const { error, lines } = await runScript(`console.log("ran")`, { executor });
        assert.ok(error instanceof ScriptSandboxError, `${error}`);
        assert.match(error.message, message);
        assert.deepEqual(lines, []);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    });
  }
});

Deno.test("a script leaves no file in the executor's folder", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const executor = new ScriptExecutor({ directory });
    const { error } = await runScript("1", { executor });
    assert.equal(error, undefined);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
