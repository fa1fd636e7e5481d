import { compileScriptText, compileShellText } from "../../src/yaml/expression/mod.ts";
import { loops } from "../escape/endless_cases.ts";
import type { StuckStep } from "./stuck_step.ts";

/** Milliseconds between TERM and KILL for commands. A script that does not ask to hear of its end has none. */
export const grace = 200;

const ignoring = "trap '' TERM HUP INT QUIT";

/** Commands that print `on` and do not end by themselves; true: not even by TERM. */
const commands: Readonly<Record<string, readonly [script: string, ignoresTerm: boolean]>> = {
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
  "a reader that waits for input": ['mkfifo "$WFE_OUTPUT.pipe"; echo on; cat "$WFE_OUTPUT.pipe"', false],
};

/** Scripts of 8 kinds, and commands of 12, that do not end by themselves. */
export const stuckSteps: readonly StuckStep[] = [
  ...Object.entries(loops).map(([kind, loop]) => ({
    type: "deno",
    kind,
    config: { script: { ...compileScriptText(`console.log("on"); (${loop})();`) } },
    grace: 0,
  })),
  ...Object.entries(commands).map(([kind, [script, ignoresTerm]]) => ({
    type: "shell",
    kind,
    config: { run: { ...compileShellText(script, "bash") } },
    grace: ignoresTerm ? grace : 0,
  })),
];
