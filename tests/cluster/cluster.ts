import { Proxy } from "../../providers/testing_proxy.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import { check } from "../crash/checkers/all.ts";
import { executionOf } from "../crash/checkers/checker.ts";
import type { Effect } from "../crash/evidence/effect.ts";
import { AuditedSchema, sharedPort, urlOf } from "../crash/evidence/audited_schema.ts";
import { type Evidence, gather } from "../crash/evidence/evidence.ts";
import { readLog } from "../crash/kill_loop/append_log.ts";
import { Caller } from "../crash/kill_loop/caller.ts";
import { EngineProcess } from "../crash/kill_loop/engine_process.ts";
import { countExecutions } from "../crash/kill_loop/kill_loop.ts";
import { type EngineSettings, files, pace } from "../crash/kill_loop/messages.ts";
import { isWithin, sleep, Standstill } from "../crash/kill_loop/wait.ts";
import { SeededRandom } from "../crash/seeded_random.ts";
import { timeless } from "../crash/workload/all.ts";
import { planOf } from "../crash/workload/named_plan.ts";
import type { Scenario } from "../crash/workload/scenario.ts";
import type { ClusterReport } from "./report.ts";

/** Milliseconds within which a host must be up, or have stopped. */
const deadline = 60_000;
/** Milliseconds between two looks at how many runs are open. */
const lookEvery = 100;

/** What a cluster is made of, and what it has to do. */
export interface ClusterOptions {
  /** The seed of the workload and of what is done to the hosts; what they do meanwhile is the system's. */
  readonly seed: string;
  /** How many hosts, each a process of its own. */
  readonly hosts: number;
  /** How many workflows are run at least. */
  readonly workflows: number;
  /** What is done to the cluster meanwhile; the workload goes on until it is done. Without it, nothing may run twice. */
  readonly disturb?: (cluster: Cluster) => Promise<void>;
  /** The workflows; all but poisonous ones and those with timeouts unless said. */
  readonly scenarios?: readonly Scenario[];
  /** Port of the server. */
  readonly port?: number;
  /** Milliseconds that a lease lasts. */
  readonly leaseTtl?: number;
  /** Runs that are open at a time. */
  readonly window?: number;
  /** Milliseconds that a body works, on average. */
  readonly work?: number;
  /** Whether each host reaches the server through a network of its own, {@linkcode Cluster.networks}. */
  readonly networks?: boolean;
  /** Milliseconds by which the clocks of the hosts' machines are wrong, by host. */
  readonly clockErrors?: readonly number[];
  /** The search index that hosts feed. */
  readonly search?: EngineSettings["search"];
  /** URL of the Valkey server that has the hosts' queue and locks. */
  readonly valkey?: string;
  /** What is to come about once all runs have ended, while the hosts still run. */
  readonly afterwards?: (cluster: Cluster) => Promise<void>;
  /** Name of a defect of the store, which must be found. */
  readonly defect?: string;
  /** Milliseconds, after all was done to it, within which the next run must have ended. */
  readonly patience?: number;
}

/** Runs a workload on a cluster, does to it what is to be done, and checks everything. */
export async function runCluster(options: ClusterOptions): Promise<ClusterReport> {
  const folder = await Deno.makeTempDir({ prefix: "wfe-cluster-" });
  const cluster = new Cluster(folder, options);
  try {
    return await cluster.run();
  } finally {
    await cluster.abandon();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Hosts in processes of their own over one PostgreSQL, with somebody who starts runs and looks after them. */
export class Cluster {
  /** The hosts. One that has died is started again. */
  readonly hosts: readonly EngineProcess[];
  /** The way of each host to the server, where it has one of its own. */
  readonly networks: readonly Proxy[];
  /** Chance for what is done to them. */
  readonly random: SeededRandom;
  readonly #folder: string;
  readonly #options: ClusterOptions;
  readonly #schema: AuditedSchema;
  readonly #leaseTtl: number;
  readonly #caller: Caller;
  readonly #problems: string[] = [];
  readonly #done: Record<string, number> = {};
  #isOver = false;
  #healedAt: number | null = null;

  constructor(folder: string, options: ClusterOptions) {
    const { seed, hosts, port = sharedPort, leaseTtl = 1_000, work = pace.work, defect = null } = options;
    this.#folder = folder;
    this.#options = options;
    this.#leaseTtl = leaseTtl;
    this.#schema = new AuditedSchema(port);
    this.random = new SeededRandom(seed);
    this.networks = options.networks ? Array.from({ length: hosts }, () => new Proxy(urlOf(port))) : [];
    this.hosts = Array.from({ length: hosts }, (_, number) => {
      const settings: EngineSettings = {
        name: String.fromCharCode(97 + number),
        folder,
        leaseTtl,
        history: "full",
        work,
        defect,
        server: {
          url: this.networks[number]?.url ?? urlOf(port),
          schema: this.#schema.name,
          statementTimeout: 2 * leaseTtl,
        },
        clockError: options.clockErrors?.[number] ?? 0,
        search: options.search ?? null,
        valkey: options.valkey ?? null,
      };
      return new EngineProcess(settings, (problem) => this.#problems.push(problem));
    });
    this.#caller = new Caller({
      machines: this.hosts,
      random: this.random.fork("driver"),
      isOver: () => this.#isOver,
      failed: (problem) => this.#problems.push(problem),
    });
  }

  /** Milliseconds that a lease lasts. */
  get leaseTtl(): number {
    return this.#leaseTtl;
  }

  /** Takes note of something that was done to the cluster. */
  note(what: string): void {
    this.#done[what] = (this.#done[what] ?? 0) + 1;
  }

  /** How many runs were started. */
  get started(): number {
    return this.#caller.plans.length;
  }

  /** The processes that have begun a step since the effect log had so many lines. */
  workedSince(lines: number): Set<string> {
    return new Set(this.#effects().slice(lines).map(({ process }) => process));
  }

  /** How many lines the effect log has. */
  get lines(): number {
    return this.#effects().length;
  }

  /** Whether the host of a process has runs. */
  hasRuns(pid: number): Promise<boolean> {
    return this.#schema.hasRuns(pid);
  }

  /** Does the work under what is done to the cluster, and holds what came of it against the invariants. */
  async run(): Promise<ClusterReport> {
    const started = performance.now();
    await using schema = this.#schema;
    await schema.make();
    const lives = this.hosts.map((host) => this.#live(host));
    const called = this.#caller.lookAfter();
    await Promise.all([this.#disturb(), this.#work()]);
    const settled = performance.now() - this.#healedAt!;
    await this.#options.afterwards?.(this);
    this.#isOver = true;
    await called;
    await Promise.all(this.hosts.map((host) => this.#stop(host)));
    await Promise.all(lives);
    const evidence = await this.#gather();
    return {
      done: this.#done,
      runs: evidence.runs.length,
      ...countExecutions(evidence),
      late: countLate(evidence),
      violations: check(evidence),
      settled,
      milliseconds: performance.now() - started,
    };
  }

  /** Leaves no process and no network behind, whatever has happened. */
  async abandon(): Promise<void> {
    this.#isOver = true;
    for (const host of this.hosts) host.kill();
    await Promise.all(this.networks.map((network) => network[Symbol.asyncDispose]()));
  }

  async #disturb(): Promise<void> {
    await Promise.all(this.hosts.map((host) => this.#isUp(host)));
    try {
      await this.#options.disturb?.(this);
    } finally {
      this.#healedAt = performance.now();
    }
  }

  async #isUp(host: EngineProcess): Promise<void> {
    for (const started = performance.now(); !host.host; await sleep(10)) {
      if (performance.now() - started > deadline) throw new Error(`host ${host.name} did not start`);
    }
  }

  /** A host from its first start to its stop. */
  async #live(host: EngineProcess): Promise<void> {
    while (!this.#isOver) await host.start().death;
  }

  async #stop(host: EngineProcess): Promise<void> {
    if (await isWithin(deadline, host.stop())) return;
    this.#problems.push(`host ${host.name} did not stop`);
    host.kill();
  }

  /** Starts runs as long as something is done to the cluster, then waits until all have ended, or none does any more. */
  async #work(): Promise<void> {
    const { seed, workflows, window = 100, scenarios = timeless, patience = 60_000 } = this.#options;
    const standstill = new Standstill();
    for (;;) {
      const left = await this.#schema.left();
      if (this.#healedAt === null || this.#caller.plans.length < workflows) {
        const most = this.#healedAt === null ? Infinity : workflows - this.#caller.plans.length;
        const more = Math.min(window - Math.max(left?.open ?? window, this.#caller.busy), most);
        for (let count = 0; count < more; count++) {
          this.#caller.drive(planOf(seed, this.#caller.plans.length, scenarios));
        }
      } else {
        const isDone = left && left.open === 0 && !left.busy && this.#caller.busy === 0;
        if (isDone || standstill.isLongerThan(patience, left?.open)) return;
      }
      await sleep(lookEvery);
    }
  }

  async #gather(): Promise<Evidence> {
    await using store = await this.#schema.open();
    return await gather(store, {
      circumstances: {
        calm: !this.#options.disturb,
        folded: false,
        onlyPoisonKills: false,
        punctual: false,
      },
      plans: new Map(this.#caller.plans.map(({ key, plan }) => [key, plan])),
      effects: this.#effects(),
      history: await this.#schema.history(),
      acknowledged: this.#caller.acknowledged,
      published: readLog<LifecycleEvent>(`${this.#folder}/${files.published}`).records,
      storeProblems: this.#problems,
    });
  }

  #effects(): readonly Effect[] {
    return readLog<Effect>(`${this.#folder}/${files.effects}`).records;
  }
}

/** Executions that ended with a result which is not the one that is recorded: it came too late, and was refused. */
function countLate({ runs }: Evidence): number {
  let late = 0;
  for (const { pointers, effects } of runs) {
    const recorded = new Set(pointers.map(executionOf));
    late += effects.filter(({ phase, value }) => phase === "end" && !recorded.has(value)).length;
  }
  return late;
}
