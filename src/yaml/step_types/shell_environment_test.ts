import { deepEqual } from "node:assert/strict";
import { parseWorkflow } from "../mod.ts";

function configOf(env: string): unknown {
  const step = `    - name: A\n      config: { run: make, env: ${env} }\n`;
  return parseWorkflow(`workflow:\n  id: a\n  version: 1\n  steps:\n${step}`).steps[0]?.config;
}

const run = { text: "make", expressions: {} };

Deno.test("the environment of a shell step is inherited or cleared, with variables of its own", () => {
  deepEqual(configOf("{ A: 1 }"), { run, env: { A: "1" } });
  deepEqual(configOf("clear"), { run, clear_env: true });
  deepEqual(configOf("[clear]"), { run, clear_env: true });
  const value = { template: [{ expression: "data.x" }] };
  deepEqual(configOf("[clear, { A: 1.10, B: '${{ data.x }}' }]"), {
    run,
    clear_env: true,
    env: { A: "1.10", B: value },
  });
});

Deno.test("a variable may be called clear", () => {
  deepEqual(configOf("{ clear: yes }"), { run, env: { clear: "yes" } });
  deepEqual(configOf('{ clear: "true" }'), { run, env: { clear: "true" } });
  deepEqual(configOf("[clear, { clear: no }]"), { run, clear_env: true, env: { clear: "no" } });
});
