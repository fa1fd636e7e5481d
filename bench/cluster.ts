import { OwnServer } from "../tests/cluster/own_server.ts";
import { installDbos, measureDbos } from "./cluster/dbos.ts";
import { measureFinished } from "./cluster/finished.ts";
import { measureHosts } from "./cluster/hosts.ts";
import { clients, RawServer } from "./cluster/raw.ts";
import { measureSleeping } from "./cluster/sleeping.ts";
import { BenchStore } from "./cluster/store.ts";
import { type Figure, percentile, printAsMeasured } from "./figures.ts";
import { measureRate } from "./w1_throughput.ts";
import { measureAcross } from "./w5_event.ts";

/** Port of a server that flushes what it commits. */
const port = 5448;
/** Half of the measurements are better than what is said of them, for a machine is seldom ours alone. */
const rounds = 3;

/**
 * Measures clusters on a PostgreSQL server of their own. `WFE_BENCH_POSTGRES` names another. A part that fails does not
 * keep the others from being measured; it makes the exit code 1.
 */
export async function measureClusters(folder: string): Promise<void> {
  const named = Deno.env.get("WFE_BENCH_POSTGRES");
  await using own = named === undefined ? await OwnServer.start(port, { fsync: true }) : null;
  const server = named ?? own!.url;
  await Deno.mkdir(folder, { recursive: true });
  const parts: readonly (readonly [title: string, figures: AsyncIterable<Figure>])[] = [
    ["Events across hosts", events(server)],
    ["Claims", claims(server)],
    ["Idle", idle(server)],
    ["Several hosts on this machine's processors", several(server)],
    ["One host", throughput(server, folder)],
  ];
  for (const [title, figures] of parts) {
    const started = performance.now();
    try {
      await printAsMeasured(title, figures);
    } catch (error) {
      console.error(`  failed:`, error);
      Deno.exitCode = 1;
    }
    console.log(`  (${((performance.now() - started) / 1_000).toFixed(0)} s)`);
  }
}

async function* throughput(server: string, folder: string): AsyncGenerator<Figure> {
  const dbos = await installDbos(folder);
  for (const [inFlight, total] of [[100, 3_000], [1_000, 10_000]] as const) {
    const raw: number[] = [];
    const rates: number[] = [];
    const others: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await using bare = await RawServer.open(server);
      raw.push(await bare.commits());
      await using at = await BenchStore.open(server);
      rates.push(await measureRate(at.store, inFlight, total));
      if (dbos) others.push(await measureDbos(dbos, server, inFlight, inFlight * 3));
    }
    yield {
      name: `raw commits/s of a step's two rows, ${clients} clients`,
      value: percentile(raw, 0.5).toFixed(0),
    };
    yield {
      name: `steps/s, ${inFlight} in flight`,
      value: percentile(rates, 0.5).toFixed(0),
      ratio: half(rates, raw),
    };
    if (!dbos) continue;
    yield {
      name: `DBOS steps/s, ${inFlight} in flight; ours to it`,
      value: percentile(others, 0.5).toFixed(0),
      ratio: half(rates, others),
      of: "DBOS",
      goal: { atLeast: 10 },
    };
  }
}

async function* several(server: string): AsyncGenerator<Figure> {
  const rates: Record<number, number[]> = { 1: [], 4: [] };
  let astray = 0;
  for (let round = 0; round < rounds; round++) {
    for (const count of [1, 4]) {
      const shared = await measureHosts(server, count, 4_000);
      rates[count]!.push(shared.rate);
      astray += shared.astray;
    }
  }
  yield { name: "steps/s, one host", value: percentile(rates[1]!, 0.5).toFixed(0) };
  yield {
    name: "steps/s, four hosts",
    value: percentile(rates[4]!, 0.5).toFixed(0),
    ratio: half(rates[4]!, rates[1]!),
    of: "one host",
    goal: { atLeast: 0.9 },
  };
  yield { name: "steps lost or run twice in all these", value: String(astray) };
}

async function* events(server: string): AsyncGenerator<Figure> {
  await using raw = await RawServer.open(server);
  await using at = await BenchStore.open(server);
  const commits: number[] = [];
  const notifies: number[] = [];
  // Between two events, so that whatever else the machine does concerns all three.
  const across = await measureAcross(at.store, at.url, async () => {
    commits.push(await raw.commit());
    notifies.push(await raw.notify());
  });
  const [commit, notify] = [percentile(commits, 0.5), percentile(notifies, 0.5)];
  yield { name: "raw commit of two rows, p50", value: `${commit.toFixed(2)} ms` };
  yield { name: "raw NOTIFY to another connection, p50", value: `${notify.toFixed(2)} ms` };
  yield {
    name: "event to next step on another host, p50",
    value: `${across.toFixed(2)} ms`,
    ratio: across / (commit + notify),
    of: "both",
    goal: { atMost: 3 },
  };
}

async function* idle(server: string): AsyncGenerator<Figure> {
  for (const count of [0, 100_000]) {
    const used = await measureSleeping(server, count);
    yield {
      name: `processor of host and server, ${count.toLocaleString("en")} workflows asleep`,
      value: `${(100 * used.host).toFixed(2)} % and ${(100 * used.server).toFixed(2)} %`,
    };
  }
}

async function* claims(server: string): AsyncGenerator<Figure> {
  const { empty, full, scans } = await measureFinished(server, 1_000_000);
  yield { name: "claims/s in an empty store", value: percentile(empty, 0.5).toFixed(0) };
  yield {
    name: "claims/s beside 1,000,000 runs that have ended",
    value: percentile(full, 0.5).toFixed(0),
    ratio: half(full, empty),
    of: "empty",
    goal: { atLeast: 0.9 },
  };
  yield { name: "tables read as a whole by these", value: String(scans) };
}

/** The ratio of each round, half of them lower. */
function half(ours: readonly number[], theirs: readonly number[]): number {
  return percentile(ours.map((rate, round) => rate / theirs[round]!), 0.5);
}
