import { MemorySearch, WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import type { SearchIndex } from "../src/provider/search.ts";
import { type Figure, percentile } from "./figures.ts";
import { measureRaw } from "./raw.ts";
import { StoreFile } from "./store_file.ts";
import { tenSteps } from "./workflows.ts";

const sizes: readonly (readonly [inFlight: number, total: number])[] = [[1, 100], [100, 2_000], [
  1_000,
  5_000,
]];
/** Half of a size's measurements are better than what is said of it, for a machine is seldom ours alone. */
const rounds = 5;

/** W1: workflows of ten steps, each result durable before the next step, so many of them at the same time. */
export async function measureThroughput(folder: string): Promise<Figure[]> {
  const { rate, ratio } = await measureRound(folder, 100, 2_000);
  // For most of them the program is not compiled yet.
  const figures: Figure[] = [
    { name: "W1 steps/s, 100 in flight, the first 20,000 of a process", value: rate.toFixed(0), ratio },
  ];
  for (const [inFlight, total] of sizes) {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(folder, inFlight, total));
    figures.push({
      name: `W1 steps/s, ${inFlight} in flight`,
      value: percentile(measured.map(({ rate }) => rate), 0.5).toFixed(0),
      ratio: percentile(measured.map(({ ratio }) => ratio), 0.5),
      ...(inFlight > 1 && { goal: { atLeast: 0.5 } }),
    });
  }
  const fed: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    fed.push(await measureRound(folder, 100, 2_000, new MemorySearch()));
  }
  figures.push({
    name: "W1 steps/s, 100 in flight, with a search index in memory",
    value: percentile(fed.map(({ rate }) => rate), 0.5).toFixed(0),
    ratio: percentile(fed.map(({ ratio }) => ratio), 0.5),
  });
  return figures;
}

interface Round {
  /** Steps a second. */
  readonly rate: number;
  /** The same, as a share of the raw limit of the same moment. */
  readonly ratio: number;
}

async function measureRound(
  folder: string,
  inFlight: number,
  total: number,
  index: SearchIndex | null = null,
): Promise<Round> {
  const { stepsInGroups } = measureRaw(folder);
  const rate = await stepsPerSecond(folder, inFlight, total, index);
  return { rate, ratio: rate / stepsInGroups };
}

/** Runs workflows of ten steps and returns the rate of their steps. */
export async function stepsPerSecond(
  folder: string,
  inFlight: number,
  total: number,
  index: SearchIndex | null = null,
): Promise<number> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  return await measureRate(store, inFlight, total, index);
}

/** The same in a store that is empty, with a search index or without. */
export async function measureRate(
  store: Persistence,
  inFlight: number,
  total: number,
  index: SearchIndex | null = null,
): Promise<number> {
  await using host = new WorkflowHostBuilder({ search: index }).usePersistence(store)
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
