import { WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Figure } from "./figures.ts";
import type { RawLimit } from "./raw.ts";
import { StoreFile } from "./store_file.ts";
import { tenSteps } from "./workflows.ts";

const sizes: readonly (readonly [inFlight: number, total: number])[] = [[1, 100], [100, 2_000], [
  1_000,
  5_000,
]];

/** W1: workflows of ten steps, each result durable before the next step, so many of them at the same time. */
export async function measureThroughput(folder: string, raw: RawLimit): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [inFlight, total] of sizes) {
    const rate = await stepsPerSecond(folder, inFlight, total);
    figures.push({
      name: `W1 steps/s, ${inFlight} in flight`,
      value: rate.toFixed(0),
      ratio: rate / raw.stepsInGroups,
      ...(inFlight > 1 && { goal: { atLeast: 0.5 } }),
    });
  }
  return figures;
}

/** Runs workflows of ten steps and returns the rate of their steps. */
export async function stepsPerSecond(folder: string, inFlight: number, total: number): Promise<number> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  await using host = new WorkflowHostBuilder().usePersistence(store)
    .limits({ runs: 2 * inFlight, steps: 2 * inFlight }).build();
  host.registerWorkflow(tenSteps());
  await host.start();
  await runAll(host, inFlight, inFlight); // Warm.
  const started = performance.now();
  await runAll(host, inFlight, total);
  return (10 * total) / ((performance.now() - started) / 1_000);
}

async function runAll(
  host: ReturnType<WorkflowHostBuilder["build"]>,
  inFlight: number,
  total: number,
): Promise<void> {
  let left = total;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) {
      const run = await host.startWorkflow("ten-steps");
      await run.result();
    }
  }));
}
