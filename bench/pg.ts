import postgres from "postgres";
import { PostgresProvider } from "../providers/postgres/mod.ts";
import type { Figure } from "./figures.ts";
import { measureRate } from "./w1_throughput.ts";

/** The server of the tests. */
export const defaultServer = "postgres://postgres@127.0.0.1:5433/postgres";

/** Clients that write at the same time to find the raw limit. */
const clients = 32;
/** Milliseconds of each measurement of the raw limit. */
const duration = 3_000;

const tables = `
  DROP SCHEMA IF EXISTS wfe_bench CASCADE;
  CREATE SCHEMA wfe_bench;
  CREATE TABLE wfe_bench.header (id text PRIMARY KEY, sequence bigint NOT NULL, status text NOT NULL) WITH (fillfactor = 60);
  CREATE TABLE wfe_bench.result (run text, id bigint, output json, PRIMARY KEY (run, id));
  CREATE SEQUENCE wfe_bench.number;`;

const insert = `
  INSERT INTO wfe_bench.result (run, id, output) VALUES ('run', nextval('wfe_bench.number'), '{"v":1}')`;

const group = `
  WITH t AS (SELECT 'run-' || n AS run FROM generate_series(1, 100) AS n), u AS (
    INSERT INTO wfe_bench.header (id, sequence, status) SELECT run, 1, 'Runnable' FROM t
    ON CONFLICT (id) DO UPDATE SET sequence = header.sequence + 1)
  INSERT INTO wfe_bench.result (run, id, output) SELECT run, nextval('wfe_bench.number'), '{"v":1}' FROM t`;

/** PostgreSQL alone, and the engine on it: ten steps in a row, so many workflows at the same time. */
export async function measurePostgres(): Promise<Figure[]> {
  const server = Deno.env.get("WFE_BENCH_POSTGRES") ?? defaultServer;
  const sql = postgres(server, { max: clients, onnotice: () => {} });
  const figures: Figure[] = [];
  let raw: number;
  try {
    await sql.unsafe(tables);
    const [{ fsync }] = await sql`SHOW fsync` as unknown as [{ readonly fsync: string }];
    const commits = await rate(clients, () => sql.unsafe(insert));
    raw = 100 * await rate(2, () => sql.unsafe(group));
    figures.push(
      { name: `raw commits/s of one row, ${clients} clients, fsync ${fsync}`, value: commits.toFixed(0) },
      { name: "raw steps/s of two rows, in groups of 100, 2 clients", value: raw.toFixed(0) },
    );
  } finally {
    await sql.unsafe("DROP SCHEMA IF EXISTS wfe_bench CASCADE");
    await sql.end();
  }
  for (const [inFlight, total] of [[1, 100], [100, 2_000], [1_000, 5_000]] as const) {
    await using store = await PostgresProvider.open(server, { schema: "wfe_bench" });
    const steps = await measureRate(store, inFlight, total);
    figures.push({ name: `W1 steps/s, ${inFlight} in flight`, value: steps.toFixed(0), ratio: steps / raw });
  }
  const cleaner = postgres(server, { max: 1, onnotice: () => {} });
  await cleaner.unsafe("DROP SCHEMA wfe_bench CASCADE");
  await cleaner.end();
  return figures;
}

/** How often a second something is done, by so many at a time. */
async function rate(workers: number, action: () => PromiseLike<unknown>): Promise<number> {
  const end = performance.now() + duration;
  let count = 0;
  await Promise.all(Array.from({ length: workers }, async () => {
    for (; performance.now() < end; count++) await action();
  }));
  return count / (duration / 1_000);
}
