import { OwnServer } from "../tests/cluster/own_server.ts";
import { installDbos, measureDbos } from "./cluster/dbos.ts";
import { measureFinished } from "./cluster/finished.ts";
import { measureHosts } from "./cluster/hosts.ts";
import { clients, RawServer } from "./cluster/raw.ts";
import { measureSleeping } from "./cluster/sleeping.ts";
import { BenchStore } from "./cluster/store.ts";
import { type Figure, percentile, printFigures } from "./figures.ts";
import { measureRate } from "./w1_throughput.ts";
import { measureAcross } from "./w5_event.ts";

/** Port of a server that flushes what it commits. */
const port = 5448;
/** Half of the measurements are better than what is said of them, for a machine is seldom ours alone. */
const rounds = 3;

/** Measures clusters on a PostgreSQL server of their own. `WFE_BENCH_POSTGRES` names another. */
export async function measureClusters(folder: string): Promise<void> {
  const named = Deno.env.get("WFE_BENCH_POSTGRES");
  await using own = named === undefined ? await OwnServer.start(port, { fsync: true }) : null;
  const server = named ?? own!.url;
  await Deno.mkdir(folder, { recursive: true });
  printFigures("One host", await throughput(server, folder));
  printFigures("Several hosts on this machine's processors", await several(server));
  printFigures("Events across hosts", await events(server));
  printFigures("Idle", await idle(server));
  printFigures("Claims", await claims(server));
}

async function throughput(server: string, folder: string): Promise<Figure[]> {
  const dbos = await installDbos(folder);
  const figures: Figure[] = [];
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
    figures.push(
      {
        name: `raw commits/s of a step's two rows, ${clients} clients`,
        value: percentile(raw, 0.5).toFixed(0),
      },
      {
        name: `steps/s, ${inFlight} in flight`,
        value: percentile(rates, 0.5).toFixed(0),
        ratio: half(rates, raw),
      },
    );
    if (!dbos) continue;
    figures.push({
      name: `DBOS steps/s, ${inFlight} in flight; ours to it`,
      value: percentile(others, 0.5).toFixed(0),
      ratio: half(rates, others),
      of: "DBOS",
      goal: { atLeast: 10 },
    });
  }
  return figures;
}

async function several(server: string): Promise<Figure[]> {
  const rates: Record<number, number[]> = { 1: [], 4: [] };
  let astray = 0;
  for (let round = 0; round < rounds; round++) {
    for (const count of [1, 4]) {
      const shared = await measureHosts(server, count, 4_000);
      rates[count]!.push(shared.rate);
      astray += shared.astray;
    }
  }
  return [
    { name: "steps/s, one host", value: percentile(rates[1]!, 0.5).toFixed(0) },
    {
      name: "steps/s, four hosts",
      value: percentile(rates[4]!, 0.5).toFixed(0),
      ratio: half(rates[4]!, rates[1]!),
      of: "one host",
      goal: { atLeast: 0.9 },
    },
    { name: "steps lost or run twice in all these", value: String(astray) },
  ];
}

async function events(server: string): Promise<Figure[]> {
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
  return [
    { name: "raw commit of two rows, p50", value: `${commit.toFixed(2)} ms` },
    { name: "raw NOTIFY to another connection, p50", value: `${notify.toFixed(2)} ms` },
    {
      name: "event to next step on another host, p50",
      value: `${across.toFixed(2)} ms`,
      ratio: across / (commit + notify),
      of: "both",
      goal: { atMost: 3 },
    },
  ];
}

async function idle(server: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of [0, 100_000]) {
    const used = await measureSleeping(server, count);
    figures.push({
      name: `processor of host and server, ${count.toLocaleString("en")} workflows asleep`,
      value: `${(100 * used.host).toFixed(2)} % and ${(100 * used.server).toFixed(2)} %`,
    });
  }
  return figures;
}

async function claims(server: string): Promise<Figure[]> {
  const rate = await measureFinished(server, 1_000_000);
  return [
    { name: "claims/s in an empty store", value: rate.without.toFixed(0) },
    {
      name: "claims/s beside 1,000,000 runs that have ended",
      value: rate.with.toFixed(0),
      ratio: rate.with / rate.without,
      of: "empty",
      goal: { atLeast: 0.9 },
    },
    { name: "tables read as a whole by these", value: String(rate.scans) },
  ];
}

/** The ratio of each round, half of them lower. */
function half(ours: readonly number[], theirs: readonly number[]): number {
  return percentile(ours.map((rate, round) => rate / theirs[round]!), 0.5);
}
