import { WorkflowHostBuilder } from "../mod.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Figure } from "./figures.ts";
import { StoreFile } from "./store_file.ts";
import { loop } from "./workflows.ts";

/** W3: one workflow that loops: what an iteration costs at the beginning and at the end. */
export async function measureLoop(folder: string, iterations: number): Promise<Figure[]> {
  using file = new StoreFile(folder);
  await using store = await SqliteProvider.open(file.path);
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  const tenth = iterations / 10;
  const times = new Map<number, number>();
  const memory = new Map<number, number>();
  host.registerWorkflow(loop((left) => {
    const done = iterations - left;
    if (done % tenth !== 0) return;
    times.set(done / tenth, performance.now());
    memory.set(done / tenth, Deno.memoryUsage().rss);
  }));
  await host.start();
  const run = await host.startWorkflow("loop", { left: iterations });
  await run.result();
  times.set(10, performance.now());
  const cost = (part: number): number => (times.get(part + 1)! - times.get(part)!) / tenth;
  // The first tenth warms the program up; the second is the fair beginning.
  const [first, last] = [Math.min(cost(0), cost(1)), cost(9)];
  const name = `W3 loop of ${iterations}`;
  const grown = (memory.get(9)! - memory.get(1)!) / 1024 / 1024;
  return [
    {
      name: `${name}, last tenth`,
      value: `${last.toFixed(3)} ms`,
      ratio: last / first,
      goal: { atMost: 1.1 },
    },
    { name: `${name}, memory grown`, value: `${grown.toFixed(1)} MB` },
    { name: `${name}, file`, value: `${(file.size / 1024).toFixed(0)} kB` },
  ];
}
