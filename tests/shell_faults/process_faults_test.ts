import assert from "node:assert/strict";
import { runFault, timedOut } from "./shell_fault.ts";

/** Milliseconds between TERM and KILL. */
const grace = 300;

/** Milliseconds that the end of a step may take beyond its grace. */
const overshoot = 200;

const ignoring = "trap '' TERM HUP INT QUIT";

/** Commands that print `on` and do not end by themselves; true: not even by TERM. */
const stuck: Readonly<Record<string, readonly [script: string, ignoresTerm: boolean]>> = {
  "a child": ["echo on; sleep 60", false],
  "grandchildren": [
    "(bash -c 'bash -c \"sleep 60\" & sleep 60' & sleep 60) & sleep 0.1; echo on; wait",
    false,
  ],
  "a pipeline": ["echo on; sleep 60 | cat | cat", false],
  "a child that ignores TERM": [`${ignoring}; echo on; while :; do sleep 60; done`, true],
  "a grandchild that ignores TERM": [
    `(${ignoring}; while :; do sleep 60; done) & sleep 0.1; echo on; wait`,
    true,
  ],
  "a daemon": ["setsid sleep 60 </dev/null >/dev/null 2>&1 & sleep 0.1; echo on; wait", false],
  "a daemon that was forked twice": [
    "(setsid bash -c 'sleep 60 & disown; exit' </dev/null >/dev/null 2>&1 &); sleep 0.2; echo on; sleep 60",
    false,
  ],
  "a daemon that ignores TERM": [
    `(${ignoring}; setsid sleep 60 </dev/null >/dev/null 2>&1 &) ; sleep 0.1; echo on; sleep 60`,
    true,
  ],
  "a daemon that holds the pipe": ["setsid bash -c 'sleep 60' & sleep 0.1; echo on; sleep 60", false],
  "a stopped child": ["bash -c 'kill -STOP $$' & sleep 0.1; echo on; wait; sleep 60", false],
  "a child that respawns itself": [
    "respawn() { trap 'respawn & exit' TERM; sleep 60 & wait; }; respawn & sleep 0.1; echo on; wait",
    true,
  ],
  "a reader that waits for input": ["mkfifo f.$$; trap 'rm f.$$' EXIT; echo on; cat f.$$", false],
};

for (const [name, [script, ignoresTerm]] of Object.entries(stuck)) {
  Deno.test(`a shell step that is aborted leaves nothing of ${name}`, async () => {
    let { error, took } = await runFault(script, { grace, abortOn: "on" });
    const most = overshoot + (ignoresTerm ? grace : 0);
    // The machine may be busy with something else at any one time, but not each time.
    for (let tries = 1; took >= most && tries < 10; tries++) {
      took = Math.min(took, (await runFault(script, { grace, abortOn: "on" })).took);
    }
    assert.equal(error, timedOut);
    assert.ok(took < most, `it took ${took.toFixed()} ms`);
  });
}

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
