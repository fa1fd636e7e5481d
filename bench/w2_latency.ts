import { WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import { type Figure, percentile } from "./figures.ts";
import type { RawLimit } from "./raw.ts";
import { StoreFile } from "./store_file.ts";
import { tenSteps } from "./workflows.ts";

/** W2: one workflow of ten steps at a time, which needs eleven commits. */
export async function measureLatency(folder: string, raw: RawLimit): Promise<Figure[]> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  host.registerWorkflow(tenSteps());
  await host.start();
  const samples: number[] = [];
  for (let count = 0; count < 220; count++) {
    const started = performance.now();
    const run = await host.startWorkflow("ten-steps");
    await run.result();
    if (count >= 20) samples.push(performance.now() - started);
  }
  const limit = 11 * raw.commit;
  const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
  return [
    { name: "W2 ten steps, p50", value: `${p50.toFixed(2)} ms`, ratio: p50 / limit, goal: { atMost: 1.5 } },
    { name: "W2 ten steps, p95", value: `${p95.toFixed(2)} ms`, ratio: p95 / limit },
  ];
}
