import { MemorySearch } from "../mod.ts";
import type { SearchIndex } from "../src/provider/search.ts";
import { BenchStore } from "./cluster/store.ts";
import { type Figure, percentile } from "./figures.ts";
import { defaultServer } from "./pg.ts";
import { measureRate } from "./w1_throughput.ts";

/** Long enough for documents to be handed over all the time: they come a second after what they tell of. */
const sizes = [[1, 500], [100, 5_000]] as const;
/** Half of the measurements are better than what is said of them, for a machine is seldom ours alone. */
const rounds = 5;

/**
 * What feeding a search index costs a host on PostgreSQL: steps a second with an index over those without, by turns. One
 * in memory costs what the feed does; the OpenSearch server of the tests, where it answers, shares the machine with it.
 */
export async function* measureSearch(): AsyncGenerator<Figure> {
  const server = Deno.env.get("WFE_BENCH_POSTGRES") ?? defaultServer;
  // Asks whether it answers, which no other bench needs to know.
  const { hasOpenSearch, testIndex } = await import("../providers/opensearch/testing_opensearch.ts");
  for (const [inFlight, total] of sizes) {
    const rateWith = async (index: SearchIndex | null): Promise<number> => {
      await using at = await BenchStore.open(server, "wfe_bench_search");
      return await measureRate(at.store, inFlight, total, index);
    };
    const without: number[] = [];
    const inMemory: number[] = [];
    const onServer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      without.push(await rateWith(null));
      inMemory.push(await rateWith(new MemorySearch()));
      if (!hasOpenSearch) continue;
      await using at = testIndex();
      onServer.push(await rateWith(at.index));
    }
    const figure = (name: string, rates: readonly number[]): Figure => ({
      name: `steps/s, ${inFlight} in flight, ${name}`,
      value: percentile(rates, 0.5).toFixed(0),
    });
    const compared = (name: string, rates: readonly number[]): Figure => ({
      ...figure(name, rates),
      ratio: percentile(rates.map((rate, round) => rate / without[round]!), 0.5),
      of: "without",
    });
    yield figure("without a search index", without);
    yield compared("with one in memory", inMemory);
    if (hasOpenSearch) yield compared("with one in OpenSearch", onServer);
  }
}
