import type { History } from "../../../src/definition/definition.ts";
import { isEnded } from "../../../src/instance/status.ts";
import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import { MemoryPersistence } from "../../../src/memory/persistence.ts";
import type { LifecyclePublisher } from "../../../src/provider/lifecycle.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { check } from "../checkers/all.ts";
import type { Violation } from "../checkers/checker.ts";
import type { Effect } from "../evidence/effect.ts";
import { type Acknowledgement, allRuns, type Circumstances, gather } from "../evidence/evidence.ts";
import type { HistoryEntry } from "../evidence/history.ts";
import { recordingStore } from "../evidence/recording_store.ts";
import { SeededRandom } from "../seeded_random.ts";
import { Driver } from "../workload/driver.ts";
import { scenarios as all } from "../workload/all.ts";
import { type NamedPlan, planOf } from "../workload/named_plan.ts";
import type { Scenario } from "../workload/scenario.ts";
import { disturb, drawFaults, fairWeather, type FaultCounts, type Faults } from "./faults.ts";
import { Machine } from "./machine.ts";
import type { Process } from "./process.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";

/** Makes something else of the store of a process: a defect that must be found. */
export type Defect = (
  store: Persistence,
  process: Pick<Process, "isDead">,
  timeline: Pick<Timeline, "sleep">,
) => Persistence;

/** What is simulated; what is not said is drawn from the seed. */
export interface SimulationOptions {
  /** The seed. */
  readonly seed: string;
  /** The workflows. */
  readonly scenarios?: readonly Scenario[];
  /** How many runs. */
  readonly runs?: number;
  /** How many hosts. */
  readonly hosts?: number;
  /** What is disturbed. */
  readonly faults?: Faults;
  /** How much of loops is kept. */
  readonly history?: History;
  /** Whether lifecycle events go to a durable sink. */
  readonly sink?: boolean;
  /** Milliseconds that a body works, on average. */
  readonly work?: number;
  /** Milliseconds, after the last fault, within which all must be done. */
  readonly patience?: number;
  /** A defect, shared by all processes. */
  readonly defect?: () => Defect;
  /** Takes every line of what happens. */
  readonly onLine?: (line: string) => void;
}

/** What came of a simulation. */
export interface SimulationReport extends FaultCounts {
  /** What is wrong. */
  readonly violations: readonly Violation[];
  /** The same for the same seed: made from everything that happened. */
  readonly digest: string;
  /** Runs that were started. */
  readonly runs: number;
  /** Executions of step bodies that did their work. */
  readonly effects: number;
  /** Executions that were begun beyond the first of each activation. */
  readonly repeated: number;
  /** Milliseconds of virtual time. */
  readonly time: number;
}

const pace = { work: 30, short: 1_500, long: 6_000 };
const sinkName = "witness";
/** Writes after which a workload that takes some hundreds will never be done. */
const mostWrites = 20_000;

/** Runs a workload on several hosts over one store in memory, in virtual time, with faults, and checks everything. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  return await new Simulation(options).run();
}

class Simulation {
  readonly #random: SeededRandom;
  readonly #timeline = new Timeline();
  readonly #store = new MemoryPersistence({ clock: this.#timeline });
  readonly #counts: FaultCounts = { kills: 0, stalls: 0, cutOffs: 0, jumps: 0 };
  readonly #trace: Trace;
  readonly #effects: Effect[] = [];
  readonly #history: HistoryEntry[] = [];
  readonly #acknowledged: Acknowledgement[] = [];
  readonly #published: LifecycleEvent[] = [];
  readonly #problems: string[] = [];
  readonly #faults: Faults;
  readonly #plans: readonly NamedPlan[];
  readonly #machines: readonly Machine[];
  readonly #driver: Driver;
  readonly #isCalm: boolean;
  readonly #historyKept: History;
  readonly #patience: number;
  #healed = false;
  #poisoned = 0;

  constructor(options: SimulationOptions) {
    const { seed, defect } = options;
    const random = this.#random = new SeededRandom(seed);
    this.#trace = new Trace(options.onLine);
    this.#faults = options.faults ?? drawFaults(random);
    this.#isCalm = this.#faults.interval === Infinity;
    this.#patience = options.patience ?? 600_000;
    this.#historyKept = options.history ?? (random.chance(0.2) ? { last: 1 } : "full");
    const scenarios = options.scenarios ?? [random.pick(all), random.pick(all), random.pick(all)];
    const distinct = [...new Set(scenarios)];
    const runs = options.runs ?? random.int(4, 9);
    this.#plans = Array.from({ length: runs }, (_, number) => planOf(seed, number, distinct));
    const storeOf = this.#layers(defect?.());
    const hasSink = options.sink ?? random.chance(0.5);
    this.#machines = Array.from({ length: options.hosts ?? random.int(2, 4) }, (_, number) =>
      new Machine({
        name: String.fromCharCode(97 + number),
        timeline: this.#timeline,
        random: random.fork(`machine ${number}`),
        storeOf,
        weather: () => this.#healed ? fairWeather : this.#faults.weather,
        effects: { append: (effect) => this.#witness(effect) },
        scenarios: distinct,
        settings: { pace: { ...pace, work: options.work ?? pace.work }, history: this.#historyKept },
        sink: hasSink ? (process) => this.#sink(process) : null,
        mostRuns: random.pick([2, 5, 1_000]),
        poisoned: () => this.#poisoned++,
      }));
    this.#driver = new Driver({
      machines: this.#machines,
      time: this.#timeline,
      random: random.fork("driver"),
      beat: pace.short,
      patience: 8_000,
      pause: 300,
      acknowledge: (acknowledgement) => this.#acknowledged.push(acknowledgement),
      failed: (problem) => this.#problems.push(`a caller was told: ${problem}`),
    });
  }

  async run(): Promise<SimulationReport> {
    const timeline = this.#timeline;
    for (const machine of this.#machines) void machine.start();
    const driven = Promise.all(this.#plans.map((plan) => this.#drive(plan)));
    let isDriven = false;
    driven.then(() => isDriven = true);
    const healAt = this.#isCalm ? 0 : this.#random.int(15_000, 45_000);
    timeline.schedule(healAt, () => this.#healed = true);
    void disturb(this.#faults, {
      machines: this.#machines,
      timeline,
      random: this.#random.fork("faults"),
      counts: this.#counts,
      isOver: () => this.#healed,
    });
    let isOver = false;
    const watch = async (): Promise<void> => {
      const deadline = (): number => healAt + this.#patience + this.#counts.jumps * 3_600_000;
      for (let round = 1; !isOver; round++) {
        await timeline.sleep(1_000);
        if (this.#healed && round % 15 === 0) void this.#driver.lookAfter();
        const isRestless = this.#history.length > mostWrites;
        if (isRestless) this.#problems.push(`hosts go on writing: ${mostWrites} times, and are not done`);
        isOver = isRestless || timeline.monotonic() > deadline() ||
          this.#healed && isDriven && await this.#isDone();
      }
    };
    const watched = watch();
    while (!isOver && await timeline.step());
    await watched;
    const time = timeline.monotonic();
    await this.#stop();
    return await this.#report(time);
  }

  async #drive(plan: NamedPlan): Promise<void> {
    await this.#timeline.sleep(this.#random.number() * 8_000);
    await this.#driver.drive(plan);
  }

  /** Whether every run has ended, with its mailbox empty, and lies with nobody, and every host is up. */
  async #isDone(): Promise<boolean> {
    if (this.#machines.some(({ host }) => host === null)) return false;
    if ((await this.#store.readOutbox(sinkName, 1)).length > 0) return false;
    let runs = 0;
    for await (const { status, owner, inboxSeq, inboxRead } of allRuns(this.#store)) {
      if (!isEnded(status) || owner !== null || inboxSeq > inboxRead) return false;
      runs++;
    }
    return runs >= this.#plans.length;
  }

  /** Every host stops, and leaves nothing behind. */
  async #stop(): Promise<void> {
    let stopped = false;
    const all = Promise.all(this.#machines.map((machine) => machine.stop())).then(() => stopped = true);
    const deadline = this.#timeline.monotonic() + 120_000;
    while (!stopped && this.#timeline.monotonic() < deadline && await this.#timeline.step());
    if (!stopped) return void this.#problems.push("a host did not stop");
    await all;
    for (const { process } of this.#machines) {
      if (process && process.timers > 0) {
        this.#problems.push(`host ${process.name} left ${process.timers} timers behind`);
      }
    }
  }

  async #report(time: number): Promise<SimulationReport> {
    const circumstances: Circumstances = {
      calm: this.#isCalm && this.#poisoned === 0,
      folded: this.#historyKept !== "full",
      onlyPoisonKills: this.#counts.kills + this.#counts.stalls + this.#counts.jumps === 0,
      punctual: this.#counts.jumps === 0,
    };
    const evidence = await gather(this.#store, {
      circumstances,
      plans: new Map(this.#plans.map(({ key, plan }) => [key, plan])),
      effects: this.#effects,
      history: this.#history,
      acknowledged: this.#acknowledged,
      published: this.#published.length > 0 ? this.#published : null,
      storeProblems: this.#problems,
    });
    const begun = this.#effects.filter(({ phase }) => phase === "begin");
    return {
      ...this.#counts,
      kills: this.#counts.kills + this.#poisoned,
      violations: check(evidence),
      digest: this.#trace.digest,
      runs: evidence.runs.length,
      effects: this.#effects.filter(({ phase }) => phase === "end").length,
      repeated: begun.length - new Set(begun.map(({ key }) => key)).size,
      time,
    };
  }

  /** From a connection inwards: the defect, if there is one, then what notes the writes. */
  #layers(defect: Defect | undefined): (process: Process) => Persistence {
    return (process) => {
      const recording = recordingStore(this.#store, process.name, (entry) => this.#note(entry, process));
      return defect ? defect(recording, process, this.#timeline) : recording;
    };
  }

  #note(entry: HistoryEntry, writer: Process): void {
    this.#history.push(entry);
    const { kind, header, pointers } = entry;
    const moved = pointers.map(({ id, stepKey, status, attempt }) => `${id} ${stepKey} ${status} ${attempt}`);
    this.#trace.add(
      `${
        this.#timeline.monotonic().toFixed(1)
      } ${writer.name} ${kind} ${header.id} ${header.epoch}/${header.sequence} ` +
        `${header.status} ${header.owner?.slice(-4)} read ${header.inboxRead} crashes ${header.crashes} ${
          moved.join(", ")
        }`,
    );
    for (const { process, connection } of this.#machines) if (process !== writer) connection?.hint();
  }

  #witness(effect: Effect): void {
    this.#effects.push(effect);
    const { process, phase, step, key, attempt } = effect;
    this.#trace.add(`${this.#timeline.monotonic()} ${process} ${phase} ${step} ${key} ${attempt}`);
  }

  /** What it takes over, it has: what it was killed in the middle of, it has not. */
  #sink({ clock }: Process): LifecyclePublisher {
    return {
      name: sinkName,
      publish: (events) =>
        new Promise((resolve) => {
          clock.schedule(this.#random.span(20), () => {
            this.#published.push(...events);
            resolve();
          });
        }),
    };
  }
}
