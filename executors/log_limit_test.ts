import assert from "node:assert/strict";
import { MemoryPersistence, WorkflowHostBuilder } from "../mod.ts";
import { parseWorkflow } from "../src/yaml/mod.ts";
import { ScriptExecutor } from "./script.ts";
import { ShellExecutor } from "./shell.ts";

const workflow = (step: string) => `
workflow:
  id: flood
  version: 1
  steps:
    - name: Flood
${step.replaceAll(/^/gm, "      ")}
`;

const steps = {
  shell: "config:\n  run: |\n    seq 1000\n    echo '##wfe[output last=yes]'",
  deno: "type: deno\nconfig:\n  script: |\n    for (let n = 1; n <= 1000; n++) console.log(n);\n" +
    '    Wfe.setOutput("last", "yes");',
};

for (const [type, step] of Object.entries(steps)) {
  Deno.test(`the log of a ${type} step has the host's limit, says what is missing, and the step goes on`, async () => {
    await using store = new MemoryPersistence();
    await using host = new WorkflowHostBuilder().usePersistence(store).payloadLimits({ log: 5_000 })
      .useExecutor(new ShellExecutor()).useExecutor(new ScriptExecutor()).build();
    const definition = parseWorkflow(workflow(step));
    host.registerWorkflow(definition);
    await host.start();
    const run = await host.startWorkflow("flood");
    assert.deepEqual(await run.result(), { last: "yes" });
    const lines = await store.readLog(run.id, { limit: 9_999 });
    assert.ok(lines.length > 100 && lines.length < 160, `${lines.length}`);
    assert.match(lines.at(-1)!.text, /^The log of this step is full: \d+ more bytes/);
  });
}
