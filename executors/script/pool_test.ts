import assert from "node:assert/strict";
import { WorkflowHostBuilder } from "../../mod.ts";
import type { StepDefinition } from "../../src/definition/definition.ts";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { eventually, processesWith, shell, startDeno } from "../../tests/processes.ts";
import { runScript } from "../../tests/run_script.ts";
import { ScriptExecutor, type ScriptExecutorOptions } from "../script.ts";

/** An executor with a folder of its own, which is empty at the end: each sandbox has a folder in it. */
async function withExecutor(
  options: ScriptExecutorOptions,
  use: (executor: ScriptExecutor, folders: () => string[]) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const executor = new ScriptExecutor({ directory, ...options });
    const folders = () => Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
    await use(executor, folders);
    await executor[Symbol.asyncDispose]();
    assert.deepEqual(folders(), [], "folders are left");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function stepWith(permissions?: ScriptPermissions): StepDefinition {
  const config = permissions === undefined ? {} : { permissions: { ...permissions } };
  return { key: "step", type: "deno", config: { script: { text: "1", expressions: {} }, ...config } };
}

/** The folder of the sandbox that ran a script. */
async function sandboxOf(executor: ScriptExecutor, permissions?: ScriptPermissions): Promise<string> {
  const test = permissions === undefined ? { executor } : { executor, permissions };
  const { error, held } = await runScript("1", test);
  assert.equal(error, undefined);
  return (held as { folder: string }).folder.replace(/.*\//, "");
}

/** Until the canary has gone, and so many sandboxes stand ready. */
async function ready(folders: () => string[], count: number): Promise<string[]> {
  await eventually(() => Promise.resolve(folders().length === count), 20_000, `${count} stand ready`);
  return folders();
}

Deno.test("a step takes a sandbox that stands ready, and another comes in its place", async () => {
  await withExecutor({}, async (executor, folders) => {
    // So that the folder of the canary has gone.
    await sandboxOf(executor);
    executor.prepare([stepWith()]);
    const first = await ready(folders, 2);
    const used = await sandboxOf(executor);
    assert.ok(first.includes(used), "it was started beforehand");
    const second = await ready(folders, 2);
    assert.ok(!second.includes(used), "it was used once");
  });
});

Deno.test("a sandbox that stands ready is none for other permissions", async () => {
  await withExecutor({}, async (executor, folders) => {
    await sandboxOf(executor);
    executor.prepare([stepWith()]);
    const standing = await ready(folders, 2);
    assert.ok(!standing.includes(await sandboxOf(executor, { net: ["example.com"] })));
    // From now on some of these stand ready too.
    await ready(folders, 4);
  });
});

Deno.test("no more than warm stand ready, for the permissions used last", async () => {
  await withExecutor({ warm: 3 }, async (executor, folders) => {
    await sandboxOf(executor);
    const sets = ["a.example", "b.example", "c.example", "d.example"].map((host) => ({ net: [host] }));
    executor.prepare(sets.map(stepWith));
    await ready(folders, 3);
    await sandboxOf(executor, sets[3]);
    const standing = await ready(folders, 3);
    assert.ok(standing.includes(await sandboxOf(executor, sets[3])));
  });
});

Deno.test("a sandbox that has died while it stood ready is not taken", async () => {
  await withExecutor({ warm: 1 }, async (executor, folders) => {
    await sandboxOf(executor);
    executor.prepare([stepWith()]);
    const [standing] = await ready(folders, 1);
    const processes = await processesWith(standing!);
    await shell('for file; do pid=${file%/environ}; kill "${pid#/proc/}"; done', ...processes);
    // The folder alone may be gone before the engine has heard of it.
    const lives = async () => (await shell('ls -d "$@" 2>/dev/null', ...processes)).out !== "";
    await eventually(async () => !await lives(), 20_000, "it has died");
    await ready(folders, 0);
    await sandboxOf(executor);
  });
});

Deno.test("nothing stands ready before a host runs, with warm: 0, or after the executor is disposed", async () => {
  await withExecutor({ warm: 0 }, async (executor, folders) => {
    executor.prepare([stepWith()]);
    await sandboxOf(executor);
    assert.deepEqual(folders(), []);
  });
  await withExecutor({}, async (executor, folders) => {
    executor.prepare([stepWith()]);
    await executor[Symbol.asyncDispose]();
    assert.deepEqual(folders(), []);
    await sandboxOf(executor);
    assert.deepEqual(folders(), []);
  });
});

Deno.test("what cannot be granted is told by the step, not when it is prepared", async () => {
  await withExecutor({}, async (executor) => {
    executor.prepare([stepWith({ net: ["*"] })]);
    const { error } = await runScript("1", { executor, permissions: { net: ["*"] } });
    assert.match(String(error), /Cannot grant net/);
  });
});

const workflow = parseWorkflow(`
workflow:
  id: ready
  version: 1
  steps:
    - name: Script
      type: deno
      config:
        script: Wfe.setOutput("x", 1)
`);

Deno.test("a host has sandboxes stand ready for its definitions, and ends them when it stops", async () => {
  await withExecutor({}, async (executor, folders) => {
    const host = new WorkflowHostBuilder().useExecutor(executor).build();
    host.registerWorkflow(workflow);
    assert.deepEqual(folders(), []);
    await host.start();
    // The canary's may be there too.
    await eventually(() => Promise.resolve(folders().length >= 2), 20_000, "two stand ready");
    await (await host.startWorkflow("ready")).result();
    await host.stop();
    assert.deepEqual(folders(), []);
  });
});

/** An engine in which sandboxes stand ready. */
const engine = `
import { ScriptExecutor } from ${JSON.stringify(new URL("../script.ts", import.meta.url).href)};
const executor = new ScriptExecutor({ directory: Deno.args[0] });
executor.prepare([{ key: "a", type: "deno", config: { script: { text: "1", expressions: {} } } }]);
console.log("prepared");
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

Deno.test("sandboxes that stand ready end when the engine is killed, with their folders", async () => {
  const directory = await Deno.makeTempDir();
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const module = `${directory}.ts`;
  await Deno.writeTextFile(module, engine);
  const flags = ["--allow-read", "--allow-write", "--allow-run=bash,sh", `--config=${config}`, "--no-lock"];
  const child = startDeno(module, [directory], { flags });
  const folders = () => Array.from(Deno.readDirSync(directory)).length;
  const reader = child.stdout.getReader();
  try {
    await reader.read();
    await eventually(() => Promise.resolve(folders() === 2), 20_000, "two stand ready, the canary has gone");
    child.kill("SIGKILL");
    // What removes a folder ends after it.
    const areGone = async () => folders() + (await processesWith(directory)).length === 0;
    await eventually(areGone, 20_000, "the folders and their processes are gone");
  } finally {
    await Promise.all([child.status, reader.cancel(), child.stderr.cancel()]);
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(module);
  }
});

Deno.test("a step with an expression that has no value leaves no sandbox", async () => {
  await withExecutor({}, async (executor, folders) => {
    await sandboxOf(executor);
    const { error } = await runScript("1", { executor, expressions: { WFE_EXPR_1: "fromJSON('{')" } });
    assert.equal((error as Error).name, "ExpressionError");
    assert.deepEqual(folders(), []);
  });
});
