import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";
import { RepeatedLook } from "./repeated_look.ts";

/** What {@linkcode HeldRuns} needs. */
export interface HeldRunsParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Time between two looks. */
  readonly clock: Clock;
  /** Milliseconds between two looks where no other process is known to have written. */
  readonly interval: number;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
  /** The incarnation that owns what is held now. */
  readonly incarnation: () => string;
  /** The runs that are held, each with the epoch under which it runs. */
  readonly held: () => ReadonlyMap<string, number>;
  /** A run is somebody else's, or nobody's: it was terminated, migrated, claimed or purged elsewhere. */
  readonly taken: (runId: string) => void;
  /** A run has mail. */
  readonly mailed: (runId: string) => void;
}

/**
 * Finds what others have done to the runs that this host runs. What was taken from it would be refused when it writes,
 * but its bodies are to hear of it by their signals, and who waits for them by the result. What was sent to it from
 * another process may have come without a signal, and a step that is to be cancelled may run for hours.
 */
export class HeldRuns {
  readonly #parts: HeldRunsParts;
  readonly #repeated: RepeatedLook;

  constructor(parts: HeldRunsParts) {
    this.#parts = parts;
    const { clock, interval } = parts;
    this.#repeated = new RepeatedLook({ clock, interval, look: () => this.#look() });
  }

  /** Looks again and again from now on. */
  start(): void {
    this.#repeated.start();
  }

  /** Another process has written. */
  othersWrote(): void {
    this.#repeated.hint();
  }

  /** Looks no more. Resolves when the look under way has ended. */
  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  async #look(): Promise<void> {
    const { persistence, troubles, incarnation, held, taken, mailed } = this.#parts;
    const before = held();
    if (before.size === 0) return;
    try {
      const epochs = await persistence.epochs([...before.keys()]);
      const now = held();
      for (const [runId, epoch] of before) {
        // One that was claimed anew meanwhile has told so itself.
        if (now.get(runId) === epoch && (epochs.get(runId) ?? Infinity) > epoch) taken(runId);
      }
      for (const runId of await persistence.unread(incarnation())) mailed(runId);
    } catch (error) {
      troubles.tell(asStoreError(error));
    }
  }
}
