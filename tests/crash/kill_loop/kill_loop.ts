import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import { check } from "../checkers/all.ts";
import { executionOf } from "../checkers/checker.ts";
import type { Effect } from "../evidence/effect.ts";
import { type Evidence, gather } from "../evidence/evidence.ts";
import { SeededRandom } from "../seeded_random.ts";
import { poison, timeless } from "../workload/all.ts";
import { planOf } from "../workload/named_plan.ts";
import { readLog } from "./append_log.ts";
import { Caller } from "./caller.ts";
import { EngineProcess } from "./engine_process.ts";
import { type LoopStore, loopStores } from "./loop_store.ts";
import { files, pace } from "./messages.ts";
import type { KillLoopOptions, KillReport } from "./report.ts";
import { isWithin, sleep, Standstill } from "./wait.ts";

const engines = 3;
/** Runs that are open at a time. */
const window = 40;
/** Milliseconds that a lease lasts: a stall outlasts it. */
const leaseTtl = 600;
/** Milliseconds between two looks at how many runs are open. */
const lookEvery = 50;
/** Milliseconds after the last kill within which the next run must have ended. */
const defaultPatience = 60_000;
/** Milliseconds within which an engine must be up, or have stopped. */
const deadline = 60_000;

/**
 * Runs a workload on three engine processes over one store, kills and stalls them, and checks everything. Where this
 * process itself is killed, the engines end, and take the folder with them.
 */
export async function killLoop(options: KillLoopOptions): Promise<KillReport> {
  const started = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "wfe-kills-" });
  try {
    await using store = await loopStores[options.store ?? "sqlite"]({ folder, leaseTtl });
    const loop = new KillLoop(folder, store, options);
    try {
      return { ...await loop.run(), milliseconds: performance.now() - started };
    } finally {
      loop.abandon();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

class KillLoop {
  readonly #folder: string;
  readonly #store: LoopStore;
  readonly #options: KillLoopOptions;
  readonly #random: SeededRandom;
  readonly #engines: readonly EngineProcess[];
  readonly #caller: Caller;
  readonly #problems: string[] = [];
  #phase: "disturbed" | "healed" | "over" = "disturbed";
  #kills = 0;
  #stalls = 0;

  constructor(folder: string, store: LoopStore, options: KillLoopOptions) {
    const { seed, history = "full", work = pace.work, defect = null } = options;
    this.#folder = folder;
    this.#store = store;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    const settings = {
      folder,
      leaseTtl,
      history,
      work,
      defect,
      server: store.server,
      clockError: 0,
      search: null,
      valkey: null,
    };
    this.#engines = Array.from({ length: engines }, (_, number) =>
      new EngineProcess(
        { ...settings, name: String.fromCharCode(97 + number) },
        (problem) => this.#problems.push(problem),
      ));
    this.#caller = new Caller({
      machines: this.#engines,
      random: this.#random.fork("driver"),
      isOver: () => this.#phase === "over",
      failed: (problem) => this.#problems.push(problem),
    });
  }

  async run(): Promise<Omit<KillReport, "milliseconds">> {
    const live = Promise.all(this.#engines.map((engine, number) => this.#live(engine, number)));
    const called = this.#caller.lookAfter();
    const settled = await this.#work();
    this.#phase = "over";
    await called;
    await Promise.all(this.#engines.map((engine) => this.#stop(engine)));
    await live;
    const evidence = await this.#gather();
    return {
      kills: this.#kills,
      stalls: this.#stalls,
      runs: evidence.runs.length,
      ...countExecutions(evidence),
      violations: check(evidence),
      settled,
    };
  }

  /** Leaves no process behind, whatever has happened. */
  abandon(): void {
    this.#phase = "over";
    for (const engine of this.#engines) engine.kill();
  }

  /** An engine from its first start to its stop; whenever it has died, it is started again. */
  async #live(engine: EngineProcess, number: number): Promise<void> {
    const random = this.#random.fork(`engine ${number}`);
    while (this.#phase !== "over") {
      const { up, death } = engine.start();
      if (this.#phase === "disturbed") await this.#disturb(engine, random, up, death);
      await death;
      this.#kills++;
      await sleep(random.span(20));
    }
    this.#kills--;
  }

  async #stop(engine: EngineProcess): Promise<void> {
    if (await isWithin(deadline, engine.stop())) return;
    this.#problems.push("an engine did not stop");
    engine.kill();
  }

  /** What happens in the life of a process: most end in the midst of work, some before they are up. */
  async #disturb(
    engine: EngineProcess,
    random: SeededRandom,
    up: Promise<void>,
    death: Promise<void>,
  ): Promise<void> {
    const { kills, stalls = 0.1 } = this.#options;
    if (random.chance(0.2)) {
      await sleep(random.number() * 120);
    } else {
      if (!await isWithin(deadline, up)) this.#problems.push("an engine did not start");
      if (random.chance(stalls)) {
        await isWithin(random.span(200), death);
        if (await engine.stall(() => sleep(leaseTtl * (1.1 + random.number())))) this.#stalls++;
      }
      await isWithin(random.span(300), death);
    }
    if (this.#kills < kills) engine.kill();
    else if (this.#phase === "disturbed") this.#phase = "healed";
  }

  /**
   * Starts runs as long as engines are killed, then waits until all that were started have ended, or none does any more.
   * Returns how many milliseconds that took.
   */
  async #work(): Promise<number> {
    const { seed, scenarios = [...timeless, poison], patience = defaultPatience } = this.#options;
    const standstill = new Standstill();
    let healedAt: number | null = null;
    for (;;) {
      const { open, busy } = await this.#store.left() ?? { open: window, busy: true };
      const waiting = this.#caller.busy;
      if (this.#phase === "disturbed") {
        for (let more = window - Math.max(open, waiting); more > 0; more--) {
          this.#caller.drive(planOf(seed, this.#caller.plans.length, scenarios));
        }
      } else {
        healedAt ??= performance.now();
        const settled = performance.now() - healedAt;
        const isDone = open === 0 && waiting === 0 && !busy;
        if (isDone || standstill.isLongerThan(patience, open)) return settled;
      }
      await sleep(lookEvery);
    }
  }

  async #gather(): Promise<Evidence> {
    const effects = readLog<Effect>(`${this.#folder}/${files.effects}`);
    const published = readLog<LifecycleEvent>(`${this.#folder}/${files.published}`);
    const torn = effects.torn + published.torn;
    if (torn > this.#kills) this.#problems.push(`${torn} records were torn by ${this.#kills} kills`);
    const { history = "full" } = this.#options;
    return await gather(this.#store.store, {
      circumstances: {
        calm: false,
        folded: history !== "full",
        onlyPoisonKills: false,
        punctual: false,
      },
      plans: new Map(this.#caller.plans.map(({ key, plan }) => [key, plan])),
      effects: effects.records,
      history: await this.#store.history(),
      acknowledged: this.#caller.acknowledged,
      published: published.records,
      storeProblems: [...this.#problems, ...this.#store.problems()],
    });
  }
}

/** How many results are recorded, and how many executions were begun beyond the first of each activation. */
export function countExecutions({ runs }: Evidence): Pick<KillReport, "results" | "repeated"> {
  let [results, repeated] = [0, 0];
  for (const { pointers, effects } of runs) {
    results += pointers.filter((pointer) => executionOf(pointer) !== null).length;
    const begun = effects.filter(({ phase }) => phase === "begin");
    repeated += begun.length - new Set(begun.map(({ key }) => key)).size;
  }
  return { results, repeated };
}
