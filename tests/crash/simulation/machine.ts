import type { WorkflowHost } from "../../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { LifecyclePublisher } from "../../../src/provider/lifecycle.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { EffectLog } from "../evidence/effect.ts";
import type { SeededRandom } from "../seeded_random.ts";
import { Bodies, type Surroundings } from "../workload/bodies.ts";
import type { Scenario } from "../workload/scenario.ts";
import { Connection, type Weather } from "./connection.ts";
import { Process } from "./process.ts";
import type { Timeline } from "./timeline.ts";

/** What a machine needs. */
export interface MachineParts {
  /** Its name. */
  readonly name: string;
  /** Time. */
  readonly timeline: Timeline;
  /** Chance. */
  readonly random: SeededRandom;
  /** The store as a process reaches it, but for its connection. */
  readonly storeOf: (process: Process) => Persistence;
  /** How bad connections are now. */
  readonly weather: () => Weather;
  /** Where bodies note what they do. */
  readonly effects: EffectLog;
  /** The workflows. */
  readonly scenarios: readonly Scenario[];
  /** How long things take, and how much of loops is kept. */
  readonly settings: Pick<Surroundings, "pace" | "history">;
  /** What takes the lifecycle events in a process; null for nothing. */
  readonly sink: ((process: Process) => LifecyclePublisher) | null;
  /** Most runs that a host holds at once. */
  readonly mostRuns: number;
  /** A body has killed its process. */
  readonly poisoned: () => void;
}

/** Where a host runs: started again, as a new process, whenever it has been killed. */
export class Machine {
  readonly #parts: MachineParts;
  #process: Process | null = null;
  #connection: Connection | null = null;
  #host: WorkflowHost | null = null;
  #starts = 0;

  constructor(parts: MachineParts) {
    this.#parts = parts;
  }

  /** The host, if it is up and runs. */
  get host(): WorkflowHost | null {
    return this.#process?.isRunning ? this.#host : null;
  }

  /** The process, if there is one. */
  get process(): Process | null {
    return this.#process;
  }

  /** Its connection, if there is one. */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** Starts a process, and another where it ends before its host is up. */
  async start(): Promise<void> {
    const { name, timeline, random, weather, storeOf } = this.#parts;
    const process = new Process(`${name}.${++this.#starts}`, timeline);
    const connection = new Connection({
      store: storeOf(process),
      process,
      timeline,
      random: random.fork(process.name),
      weather,
    });
    [this.#process, this.#connection, this.#host] = [process, connection, null];
    const host = this.#build(process, connection.store);
    try {
      await Promise.race([host.start(), process.death]);
      if (!process.isDead) this.#host = host;
    } catch {
      process.kill();
    }
    if (process.isDead) this.startAgain(process);
  }

  /** Kills the process that runs now. */
  kill(): void {
    const process = this.#process;
    if (!process || process.isDead) return;
    process.kill();
    if (this.#host) this.startAgain(process);
  }

  /** Stops the host as it should be; resolves once it is stopped. */
  async stop(): Promise<void> {
    await this.#host?.stop();
  }

  private startAgain(dead: Process): void {
    const { timeline, random } = this.#parts;
    this.#host = null;
    timeline.schedule(random.span(1_000), () => {
      if (this.#process === dead) void this.start();
    });
  }

  #build(process: Process, store: Persistence): WorkflowHost {
    const { random, scenarios, sink, mostRuns } = this.#parts;
    const bodies = new Bodies(this.#surroundings(process));
    let builder = new WorkflowHostBuilder().usePersistence(store).useClock(process.clock)
      .useRandom(random.fork(process.name)).limits({ runs: mostRuns });
    if (sink) builder = builder.useLifecycle(sink(process));
    const host = builder.build();
    for (const scenario of scenarios) host.registerWorkflow(scenario.build(bodies));
    return host;
  }

  #surroundings(process: Process): Surroundings {
    const { effects, random, settings, poisoned } = this.#parts;
    return {
      ...settings,
      process: process.name,
      effects,
      random: random.fork(process.name),
      pause: (milliseconds, signal) => pause(process, milliseconds, signal),
      die: () => {
        poisoned();
        this.kill();
        return new Promise(() => {});
      },
    };
  }
}

function pause({ clock }: Process, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = clock.schedule(milliseconds, resolve);
    signal.addEventListener("abort", () => {
      timer[Symbol.dispose]();
      reject(signal.reason);
    }, { once: true });
  });
}
