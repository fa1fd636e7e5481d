import { WorkflowHostBuilder } from "../mod.ts";
import { ScriptExecutor } from "../executors/script.ts";
import { canaryJob } from "../executors/script/job.ts";
import { readPermissions } from "../executors/script/permissions.ts";
import { sandboxCommand } from "../executors/script/sandbox.ts";
import { parseWorkflow } from "../src/yaml/mod.ts";
import { type Figure, percentile } from "./figures.ts";

const script = 'Wfe.setOutput("x", 1 as number);';

const oneStep = `
workflow:
  id: one-script
  version: 1
  steps:
    - name: Script
      type: deno
      config:
        script: |
          ${script}
`;

/** Milliseconds in which a child gets ready, and sandboxes are started again. */
const refill = 400;

const rounds = 40;

/** Rounds of a hundred steps, of which the median counts. */
const hundreds = 3;

/** Waits for a script, runs it in a Worker that has no permissions, and ends: the least that a warm child can do. */
const bareBoot = `
const script = await new Response(Deno.stdin.readable).text();
const url = (text, type) => URL.createObjectURL(new Blob([text], { type }));
const boot = url('onmessage = async ({ data }) => { await import(data); postMessage("done"); }', "text/javascript");
const worker = new Worker(boot, { type: "module", deno: { permissions: "none" } });
worker.onmessage = () => Deno.exit(0);
worker.postMessage(url(script, "text/typescript"));
`;

/**
 * Script steps against bare children of the same Deno. A step with the pool full: a child with the same flags that waits
 * for its script, without engine, supervisor and folder; beside it the sandbox's own child, which has made its Worker by
 * then. A hundred steps one after the other: as many `deno run` of an empty module.
 */
export async function measureScripts(): Promise<Figure[]> {
  const folder = await Deno.makeTempDir();
  try {
    await using host = new WorkflowHostBuilder().useExecutor(new ScriptExecutor()).build();
    host.registerWorkflow(parseWorkflow(oneStep));
    await host.start();
    const step = async () => {
      const run = await host.startWorkflow("one-script");
      await run.result();
    };
    await step();
    const warm: number[] = [];
    const bare: number[] = [];
    const sandbox: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(
        await warmChild(
          folder,
          "const x = 1 as number;",
          `data:text/javascript,${encodeURIComponent(bareBoot)}`,
        ),
      );
      sandbox.push(await warmChild(folder, JSON.stringify(canaryJob(script))));
      await pause(refill);
      warm.push(await timed(step));
      await pause(refill);
    }
    const empty = `${folder}/empty.js`;
    await Deno.writeTextFile(empty, "");
    const children: number[] = [];
    const steps: number[] = [];
    for (let round = 0; round < hundreds; round++) {
      children.push(await timed(() => hundredTimes(() => bareRun(empty))));
      steps.push(await timed(() => hundredTimes(step)));
    }
    const ratios = steps.map((took, round) => took / children[round]!);
    const p50 = percentile(warm, 0.5);
    return [
      { name: "bare warm child, p50", value: `${percentile(bare, 0.5).toFixed(1)} ms` },
      {
        name: "script step with the pool full, p50",
        value: `${p50.toFixed(1)} ms`,
        ratio: p50 / percentile(bare, 0.5),
        goal: { atMost: 1.3 },
      },
      { name: "its child alone, p50", value: `${percentile(sandbox, 0.5).toFixed(1)} ms` },
      { name: "100 bare deno run", value: `${percentile(children, 0.5).toFixed(0)} ms` },
      {
        name: "100 script steps, refill included",
        value: `${percentile(steps, 0.5).toFixed(0)} ms`,
        ratio: percentile(ratios, 0.5),
        goal: { atMost: 2 },
      },
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** From the job until the child is gone. `module` is in the place of the sandbox's own. */
async function warmChild(folder: string, job: string, module?: string): Promise<number> {
  const { argv, env } = sandboxCommand({
    grant: readPermissions({}, "/"),
    env: {},
    memory: 256 * 1024 ** 2,
    grace: 0,
    deno: Deno.execPath(),
  });
  const cache = await Deno.makeTempDir({ dir: folder });
  const child = new Deno.Command(argv[0]!, {
    args: module === undefined ? argv.slice(1) : [...argv.slice(1, -1), module],
    env: { ...env, DENO_DIR: cache },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  await pause(refill);
  return await timed(async () => {
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(job));
    await input.close();
    const text = await new Response(child.stdout).text();
    const { success } = await child.status;
    if (!success) throw new Error(`The bare child did not run its job: ${text}`);
  });
}

async function bareRun(module: string): Promise<void> {
  const args = ["run", "--no-config", "--no-lock", module];
  await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
}

async function hundredTimes(work: () => Promise<void>): Promise<void> {
  for (let count = 0; count < 100; count++) await work();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
