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

/**
 * Script steps against bare children of the same Deno. A step with the pool full: a child with the same flags and the
 * same boot code that waits for its job, without engine, supervisor and folder. A hundred steps one after the other:
 * as many `deno run` of an empty module.
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
    for (let round = 0; round < rounds; round++) {
      bare.push(await warmChild(folder));
      await pause(refill);
      warm.push(await timed(step));
      await pause(refill);
    }
    const empty = `${folder}/empty.js`;
    await Deno.writeTextFile(empty, "");
    const children = await timed(() => hundredTimes(() => bareRun(empty)));
    const steps = await timed(() => hundredTimes(step));
    const p50 = percentile(warm, 0.5);
    return [
      { name: "bare warm child, p50", value: `${percentile(bare, 0.5).toFixed(1)} ms` },
      {
        name: "script step with the pool full, p50",
        value: `${p50.toFixed(1)} ms`,
        ratio: p50 / percentile(bare, 0.5),
        goal: { atMost: 1.3 },
      },
      { name: "100 bare deno run", value: `${children.toFixed(0)} ms` },
      {
        name: "100 script steps, refill included",
        value: `${steps.toFixed(0)} ms`,
        ratio: steps / children,
        goal: { atMost: 2 },
      },
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** From the job until the child is gone. */
async function warmChild(folder: string): Promise<number> {
  const grant = readPermissions({}, "/");
  const { argv, env } = sandboxCommand({
    grant,
    env: {},
    memory: 256 * 1024 ** 2,
    grace: 0,
    deno: Deno.execPath(),
  });
  const cache = await Deno.makeTempDir({ dir: folder });
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    env: { ...env, DENO_DIR: cache },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  await pause(refill);
  const job = JSON.stringify(canaryJob(script, grant));
  return await timed(async () => {
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(job));
    await input.close();
    const text = await new Response(child.stdout).text();
    await child.status;
    if (!text.includes('"kind":"done"')) throw new Error(`The bare child did not run its job: ${text}`);
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
