import { systemClock } from "../../../src/engine/clock.ts";
import type { Acknowledgement } from "../evidence/evidence.ts";
import type { SeededRandom } from "../seeded_random.ts";
import { type DrivenMachine, Driver, DrivingOver } from "../workload/driver.ts";
import type { NamedPlan } from "../workload/named_plan.ts";
import { pace } from "./messages.ts";
import { sleep } from "./wait.ts";

/** Milliseconds between two rounds of resuming what is suspended. */
const resumeEvery = 500;

/** What a caller needs. */
export interface CallerParts {
  /** The processes that it asks. */
  readonly machines: readonly DrivenMachine[];
  /** Chance. */
  readonly random: SeededRandom;
  /** Whether nothing more is to be done. */
  readonly isOver: () => boolean;
  /** Hears of what must not be. */
  readonly failed: (problem: string) => void;
}

/** Starts runs in processes that may die at any moment, and looks after them. */
export class Caller {
  /** What was to be started, in this order. */
  readonly plans: NamedPlan[] = [];
  /** What was acknowledged. */
  readonly acknowledged: Acknowledgement[] = [];
  readonly #parts: CallerParts;
  readonly #driver: Driver;
  readonly #drives = new Set<Promise<void>>();

  constructor(parts: CallerParts) {
    const { machines, random, isOver, failed } = this.#parts = parts;
    this.#driver = new Driver({
      machines,
      time: systemClock,
      random,
      beat: pace.short,
      patience: 1_000,
      pause: 20,
      isOver,
      acknowledge: (acknowledgement) => this.acknowledged.push(acknowledgement),
      failed: (problem) => failed(`a caller was told: ${problem}`),
    });
  }

  /** How many plans are under way. */
  get busy(): number {
    return this.#drives.size;
  }

  /** Does what a plan says. */
  drive(plan: NamedPlan): void {
    this.plans.push(plan);
    const drive = this.#unlessOver(() => this.#driver.drive(plan)).finally(() => this.#drives.delete(drive));
    this.#drives.add(drive);
  }

  /** Looks after runs until it is over. Resolves when nothing is under way any more. */
  async lookAfter(): Promise<void> {
    while (!this.#parts.isOver()) {
      await sleep(resumeEvery);
      await this.#unlessOver(() => this.#driver.lookAfter());
    }
    await Promise.all(this.#drives);
  }

  async #unlessOver(drive: () => Promise<void>): Promise<void> {
    try {
      await drive();
    } catch (error) {
      if (!(error instanceof DrivingOver)) this.#parts.failed(`the driver failed: ${error}`);
    }
  }
}
