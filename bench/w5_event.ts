import { WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import { type Figure, percentile } from "./figures.ts";
import type { RawLimit } from "./raw.ts";
import { StoreFile } from "./store_file.ts";
import { answering } from "./workflows.ts";

const rounds = 200;

/** Milliseconds since 1970, as finely as the machine tells; the same in all its processes. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** W5: from publishing an event to the end of the step that waited for it, in one process and across two. */
export async function measureEvents(folder: string, raw: RawLimit): Promise<Figure[]> {
  const here = await inOneProcess(folder);
  const across = await acrossTwo(folder);
  return [
    {
      name: "W5 event to next step, one process, p50",
      value: `${here.toFixed(2)} ms`,
      ratio: here / raw.commit,
      goal: { atMost: 3 },
    },
    {
      name: "W5 event to next step, two processes, p50 (goal: below 10 ms)",
      value: `${across.toFixed(2)} ms`,
    },
  ];
}

async function inOneProcess(folder: string): Promise<number> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  let answered = Promise.withResolvers<number>();
  host.registerWorkflow(answering(async (event) => answered.resolve(wallClock() - Number(await event()))));
  await host.start();
  const run = await host.startWorkflow("answering", { key: "k" });
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    answered = Promise.withResolvers();
    await host.publishEvent("ping", "k", wallClock());
    samples.push(await answered.promise);
    await settled(host, run.id);
  }
  await host.terminateWorkflow(run.id);
  return percentile(samples, 0.5);
}

async function acrossTwo(folder: string): Promise<number> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  return await measureAcross(store, file.path);
}

/**
 * Milliseconds, half of them fewer, from publishing an event to the beginning of the step behind the wait in another
 * process. `between` is done between two events.
 */
export async function measureAcross(
  store: Persistence,
  address: string,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-net=127.0.0.1",
      new URL("w5_worker.ts", import.meta.url).pathname,
      address,
    ],
    stdout: "piped",
  }).spawn();
  const lines = worker.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await using host = new WorkflowHostBuilder().usePersistence(store).ownRunsOnly().build();
  await host.start();
  const samples: number[] = [];
  await lines.read(); // It is ready.
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 10));
    await between();
    const sent = wallClock();
    await host.publishEvent("ping", "k", sent);
    samples.push(Number((await lines.read()).value) - sent);
  }
  worker.kill("SIGTERM");
  await worker.status;
  await lines.cancel();
  return percentile(samples, 0.5);
}

/** Until the run waits again. */
async function settled(host: ReturnType<WorkflowHostBuilder["build"]>, runId: string): Promise<void> {
  while ((await host.getWorkflow(runId))?.owner !== null) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
