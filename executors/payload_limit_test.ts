import assert from "node:assert/strict";
import { WorkflowEndedError, WorkflowHostBuilder } from "../mod.ts";
import { parseWorkflow } from "../src/yaml/mod.ts";
import { ScriptExecutor } from "./script.ts";
import { ShellExecutor } from "./shell.ts";

const workflow = (step: string) => `
workflow:
  id: large
  version: 1
  steps:
    - name: Large
${step.replaceAll(/^/gm, "      ")}
`;

/** Steps that set the output `a` to so many characters. */
const steps: Readonly<Record<string, (size: number) => string>> = {
  "a shell step's file": (size) =>
    `config:\n  run: |\n    { printf a=; head -c ${size} /dev/zero | tr '\\0' x; } >> "$WFE_OUTPUT"`,
  "a shell step's lines": (size) =>
    `config:\n  run: |\n    for n in $(seq ${size / 10_000}); do\n` +
    `      printf '##wfe[output a%s=%010000d]\\n' "$n" 0\n    done`,
  "a script": (size) => `type: deno\nconfig:\n  script: Wfe.setOutput("a", "x".repeat(${size}));`,
};

for (const [name, step] of Object.entries(steps)) {
  Deno.test(`payloadLimits hold for the outputs of ${name}, above the usual limit and below it`, async () => {
    const run = async (size: number, limit: number) => {
      await using host = new WorkflowHostBuilder().payloadLimits({ data: limit, output: limit })
        .useExecutor(new ShellExecutor()).useExecutor(new ScriptExecutor()).build();
      host.registerWorkflow(parseWorkflow(workflow(step(size))));
      await host.start();
      return await (await host.startWorkflow("large")).result();
    };
    const kept = Object.values(await run(1_500_000, 2_000_000) as Record<string, string>);
    assert.equal(kept.join("").length, 1_500_000);
    await assert.rejects(run(50_000, 20_000), (error: WorkflowEndedError) => {
      assert.match(error.message, /20000/);
      return error instanceof WorkflowEndedError;
    });
  });
}
