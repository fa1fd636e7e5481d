/**
 * Measures the engine on SQLite against bare `node:sqlite`, in one run on the same disk: `deno task bench`, or with
 * names (`w1 w2 w3 w5 secrets scripts`) only some. By name only: `pg`, on a PostgreSQL server (`WFE_BENCH_POSTGRES`);
 * `search`, what a search index costs there; and `cluster`, hosts in processes of their own. `WFE_BENCH_DIR` says where
 * the databases are made.
 *
 * @module
 */
import { measureClusters } from "./cluster.ts";
import { printAsMeasured, printFigures } from "./figures.ts";
import { measurePostgres } from "./pg.ts";
import { measureRaw } from "./raw.ts";
import { measureScripts } from "./scripts.ts";
import { measureSearch } from "./search.ts";
import { measureMasking } from "./secrets.ts";
import { measureThroughput } from "./w1_throughput.ts";
import { measureLatency } from "./w2_latency.ts";
import { measureLoop } from "./w3_loop.ts";
import { measureEvents } from "./w5_event.ts";

const folder = Deno.env.get("WFE_BENCH_DIR") ?? ".wfe";
const wanted = (name: string): boolean => Deno.args.length === 0 || Deno.args.includes(name);

if (Deno.args.includes("pg")) printFigures("PostgreSQL", await measurePostgres());
if (Deno.args.includes("search")) await printAsMeasured("A search index, on PostgreSQL", measureSearch());
if (Deno.args.includes("cluster")) await measureClusters(folder);
const byName = ["pg", "search", "cluster"];
if (Deno.args.length > 0 && Deno.args.every((name) => byName.includes(name))) Deno.exit();

const raw = measureRaw(folder);
printFigures("Raw limit, synchronous = FULL", [
  { name: "one-row commit", value: `${raw.commit.toFixed(3)} ms` },
  { name: "steps/s of two rows, in groups of 100", value: raw.stepsInGroups.toFixed(0) },
]);
if (wanted("w1")) printFigures("Throughput", await measureThroughput(folder));
if (wanted("w2")) printFigures("Latency", await measureLatency(folder, raw));
if (wanted("w3")) {
  for (const iterations of [1_000, 10_000, 100_000]) {
    printFigures("Loops", await measureLoop(folder, iterations));
  }
}
if (wanted("w5")) printFigures("Events", await measureEvents(folder, raw));
if (wanted("secrets")) printFigures("Masking", measureMasking());
if (wanted("scripts")) printFigures("Scripts, raw is a bare child", await measureScripts());
