import assert from "node:assert/strict";
import { runFault } from "./shell_fault.ts";

const ignoring = "trap '' TERM HUP INT QUIT";

/** Commands that end, and leave something behind. */
const leaving: Readonly<Record<string, string>> = {
  "a background process": "sleep 60 & echo on",
  "a background process that ignores TERM": `(${ignoring}; sleep 60) & echo on`,
  "a daemon": "setsid sleep 60 </dev/null >/dev/null 2>&1 & echo on",
  "a daemon that holds the pipe": "setsid sleep 60 & echo on",
  "a process without its environment": "env -i sleep 60 & echo on",
};

Deno.test("a shell step that ends leaves nothing behind, and succeeds", async (t) => {
  const ends = Object.entries(leaving).map(([name, script]) =>
    [name, runFault(script, { grace: 100 })] as const
  );
  await Promise.all(ends.map(([, end]) => end));
  for (const [name, end] of ends) {
    await t.step(name, async () => {
      const { error, lines } = await end;
      assert.equal(error, undefined);
      assert.deepEqual(lines, [["stdout", "on"]]);
    });
  }
});

Deno.test("what a shell step leaves behind does not change how it failed", async () => {
  const { error } = await runFault(`(${ignoring}; sleep 60) & echo why; exit 7`, { grace: 100 });
  const { code, exitCode, tail } = error as { code: string; exitCode: number; tail: string[] };
  assert.deepEqual([code, exitCode, tail], ["SHELL_EXIT", 7, ["why"]]);
});

Deno.test("a shell step fails by a typed error when its program is missing, is no program, or its arguments are too long", async () => {
  const command = async (...argv: string[]) => {
    const { error } = await runFault("", { config: { run: undefined as never, command: argv } });
    return error as { code: string; exitCode?: number; reason?: string };
  };
  const missing = await command("no-such-program");
  assert.deepEqual([missing.code, missing.exitCode], ["SHELL_EXIT", 127]);
  const none = await command("/etc/passwd");
  assert.deepEqual([none.code, none.exitCode], ["SHELL_EXIT", 127]);
  const long = await command("true", "x".repeat(200_000));
  assert.deepEqual([long.code, long.reason], ["PROCESS_START", "too-large"]);
});
