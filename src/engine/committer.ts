import type { Transition } from "../instance/transition.ts";
import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { CommitOutcome, Persistence } from "../provider/persistence.ts";
import { type Clock, pause } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

interface Submission {
  readonly transition: Transition;
  readonly settle: (outcome: CommitOutcome) => void;
}

const firstPause = 20;
const longestPause = 1_000;

/**
 * Writes transitions in groups: what is submitted while a commit is under way goes out together in the next. While
 * the store is in trouble that may pass (busy, full), it waits and tries again: a result in memory is worth keeping.
 */
export class Committer {
  readonly #persistence: Persistence;
  readonly #clock: Clock;
  readonly #troubles: Listeners<StoreError>;
  readonly #given = new AbortController();
  #waiting: Submission[] = [];
  #busy = false;

  constructor(persistence: Persistence, clock: Clock, troubles: Listeners<StoreError>) {
    this.#persistence = persistence;
    this.#clock = clock;
    this.#troubles = troubles;
  }

  /** Writes a transition. Resolves once it is durable, or refused. */
  submit(transition: Transition): Promise<CommitOutcome> {
    const { promise, resolve } = Promise.withResolvers<CommitOutcome>();
    this.#waiting.push({ transition, settle: resolve });
    if (!this.#busy) this.#drain();
    return promise;
  }

  /** Stops waiting for a store in trouble: what could not be written is refused. */
  giveUp(): void {
    this.#given.abort();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const outcomes = await this.#write(group.map(({ transition }) => transition));
      group.forEach(({ settle }, index) => settle(outcomes[index]!));
    }
    this.#busy = false;
  }

  async #write(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    for (let wait = firstPause;; wait = Math.min(wait * 2, longestPause)) {
      try {
        return await this.#persistence.commit(transitions);
      } catch (thrown) {
        const error = asStoreError(thrown);
        this.#troubles.tell(error);
        if (!error.retryable || this.#given.signal.aborted) {
          return transitions.map(() => ({ committed: false, error }));
        }
        await pause(this.#clock, wait, this.#given.signal);
      }
    }
  }
}
