import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Registry } from "./registry.ts";
import { RepeatedLook } from "./repeated_look.ts";
import type { StoreRetry } from "./store_retry.ts";

/** Milliseconds between two looks: a net. */
const interval = 30_000;

/** What {@linkcode ParkedRuns} needs. */
export interface ParkedRunsParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** The code that is here. */
  readonly registry: Registry;
  /** Time between two looks. */
  readonly clock: Clock;
  /** Goes on where the store is in trouble. */
  readonly retry: StoreRetry;
  /** Called when runs have become due. */
  readonly freed: () => void;
}

/**
 * Makes parked runs due whose code is here: when it comes, and again and again, for a host that lacks the code of a run
 * may have taken it, and parked it, though this one has it.
 */
export class ParkedRuns {
  readonly #parts: ParkedRunsParts;
  readonly #repeated: RepeatedLook;
  #looks: Promise<void> = Promise.resolve();

  constructor(parts: ParkedRunsParts) {
    this.#parts = parts;
    this.#repeated = new RepeatedLook({ clock: parts.clock, interval, look: () => this.look(false) });
  }

  /** Looks at once, and from now on again and again. */
  start(): void {
    void this.look(true);
    this.#repeated.start();
  }

  /** Another process has written: it may have parked a run. */
  othersWrote(): void {
    this.#repeated.hint();
  }

  /** Looks no more. Resolves when the look under way has ended. */
  async stop(): Promise<void> {
    await this.#repeated.stop();
    await this.#looks;
  }

  /** Looks now. `isNew` says that code has come: then runs go on as far as it goes. Never rejects. */
  look(isNew: boolean): Promise<void> {
    const { retry } = this.#parts;
    return this.#looks = this.#looks.then(() => retry.run(() => this.#takeUp(isNew))).catch(() => {
      // Those who listen for troubles have been told.
    });
  }

  async #takeUp(isNew: boolean): Promise<void> {
    const { persistence, registry, freed } = this.#parts;
    let any = false;
    for (const content of await persistence.parked()) {
      if (!await registry.canTakeUp(content, persistence, isNew)) continue;
      await persistence.unpark(content.definitionHash);
      any = true;
    }
    if (any) freed();
  }
}
