import assert from "node:assert/strict";
import { WorkflowHostBuilder } from "../../mod.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { eventually, processesWith, startDeno } from "../../tests/processes.ts";
import { runScript, type ScriptRun, type ScriptTest } from "../../tests/run_script.ts";
import { ScriptExecutor } from "../script.ts";

const grace = 400;
const executor = new ScriptExecutor({ grace });
/** Longer than any of these tests may take. */
const longGrace = 30_000;

/** Runs a script that is aborted when it has printed its first line; tells how long it then took. */
async function abortedScript(script: string, test: ScriptTest = {}): Promise<ScriptRun & { took: number }> {
  const abort = new AbortController();
  let aborted = 0;
  const run = await runScript(script, {
    executor,
    ...test,
    signal: abort.signal,
    onLine: () => {
      if (aborted === 0) aborted = performance.now();
      abort.abort("the time is up");
    },
  });
  return { ...run, took: performance.now() - aborted };
}

Deno.test("Wfe.signal lets a script clean up; the step still counts as ended from outside", async (t) => {
  const ends = {
    "that comes to its end": ``,
    "that throws": `throw new Error("later");`,
  };
  for (const [name, end] of Object.entries(ends)) {
    await t.step(`a script ${name}`, async () => {
      const { error, lines, data, took } = await abortedScript(
        `
        const aborted = new Promise((resolve) => Wfe.signal.addEventListener("abort", resolve));
        console.log(Wfe.signal.aborted);
        await aborted;
        console.log("cleaning up", Wfe.signal.aborted, Wfe.signal.reason.name);
        Wfe.setOutput("a", 1);
        ${end}`,
        { executor: new ScriptExecutor({ grace: longGrace }) },
      );
      assert.deepEqual([error, data], ["the time is up", {}]);
      assert.deepEqual(lines, ["stdout: false", "stdout: cleaning up true AbortError"]);
      assert.ok(took < longGrace, `it took ${took.toFixed()} ms`);
    });
  }
});

Deno.test("what a script hands Wfe.signal to is aborted", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ signal }) => new Promise((resolve) => signal.onabort = () => resolve(new Response())),
  );
  const { error, lines } = await abortedScript(
    `const waiting = fetch("http://127.0.0.1:${server.addr.port}/", { signal: Wfe.signal });
     console.log("on");
     await waiting.catch((error) => console.log(error.name));`,
    { permissions: { net: ["127.0.0.1"] } },
  );
  assert.deepEqual([error, lines], ["the time is up", ["stdout: on", "stdout: AbortError"]]);
});

Deno.test("a script that does not end within the grace is killed at its end", async (t) => {
  const stuck = {
    "a loop": `Wfe.signal; console.log("on"); for (;;);`,
    "an endless cleaning up":
      `Wfe.signal.onabort = () => { for (;;); }; console.log("on"); await new Promise(() => {});`,
    "a listener of its own":
      `Deno.addSignalListener("SIGTERM", () => {}); console.log("on"); await new Promise(() => {});`,
  };
  for (const [name, script] of Object.entries(stuck)) {
    await t.step(name, async () => {
      const { error, took } = await abortedScript(script);
      assert.equal(error, "the time is up");
      assert.ok(took >= grace, `it took ${took.toFixed()} ms`);
    });
  }
});

const workflow = parseWorkflow(`
workflow:
  id: waiting
  version: 1
  steps:
    - name: Script
      type: deno
      config:
        script: |
          const aborted = new Promise((resolve) => Wfe.signal.addEventListener("abort", resolve));
          console.log("on");
          await aborted;
          Wfe.setOutput("a", 1);
`);

Deno.test("a run that is cancelled while its script cleans up is Cancelled", async () => {
  await using host = new WorkflowHostBuilder().useExecutor(executor).build();
  host.registerWorkflow(workflow);
  await host.start();
  const begun = Promise.withResolvers<void>();
  using _listener = host.onLog(() => begun.resolve());
  const run = await host.startWorkflow("waiting");
  await begun.promise;
  await run.cancel();
  await assert.rejects(run.result(), /ended as Cancelled/);
  assert.deepEqual((await host.getWorkflow(run.id))?.data, {});
});

/** An engine that runs a script, and says what it prints. */
const engine = `
import { ScriptExecutor } from ${JSON.stringify(new URL("../script.ts", import.meta.url).href)};
import { fakeStepContext } from ${
  JSON.stringify(new URL("../../tests/fake_step_context.ts", import.meta.url).href)
};
const [directory, script] = Deno.args;
const config = { script: { text: script, expressions: {} }, permissions: { write: [directory] } };
const { ctx } = fakeStepContext("deno", config, { onLine: (_, line) => console.log(line) });
await new ScriptExecutor({ directory, grace: 60_000 }).run(ctx);
`;

Deno.test("a script hears of the death of its engine, and may clean up", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const module = `${directory}.ts`;
  await Deno.writeTextFile(module, engine);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const flags = ["--allow-read", "--allow-write", "--allow-run=bash,sh", `--config=${config}`, "--no-lock"];
  // Who has not read the signal yet is killed at once.
  const script = `const aborted = new Promise((resolve) => Wfe.signal.onabort = resolve);
    console.log("on");
    await aborted;
    Deno.writeTextFileSync("${directory}/heard", "");`;
  const child = startDeno(module, [directory, script], { flags });
  const reader = child.stdout.getReader();
  try {
    assert.equal(new TextDecoder().decode((await reader.read()).value), "on\n");
    child.kill("SIGKILL");
    await eventually(async () => (await processesWith(directory)).length === 0, 30_000, "the script is gone");
    assert.ok((await Deno.stat(`${directory}/heard`)).isFile);
  } finally {
    await Promise.all([child.status, reader.cancel(), child.stderr.cancel()]);
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(module);
  }
});
