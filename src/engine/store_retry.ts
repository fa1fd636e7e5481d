import { asStoreError, type StoreError } from "../provider/errors.ts";
import { type Clock, pause } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

const firstPause = 20;
const longestPause = 1_000;

/**
 * Does something with a store again and again while the store is in trouble that may pass (busy, full): what is in
 * memory is worth keeping.
 */
export class StoreRetry {
  readonly #clock: Clock;
  readonly #troubles: Listeners<StoreError>;
  readonly #givenUp = new AbortController();

  /** Waits by `clock`; tells `troubles` of every failure. */
  constructor(clock: Clock, troubles: Listeners<StoreError>) {
    this.#clock = clock;
    this.#troubles = troubles;
  }

  /** From now on a failure is final. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  /** @throws {StoreError} when the trouble will not pass, or nobody waits for that any more */
  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    for (let wait = firstPause;; wait = Math.min(wait * 2, longestPause)) {
      try {
        return await action();
      } catch (thrown) {
        const error = asStoreError(thrown);
        this.#troubles.tell(error);
        if (!error.retryable || this.#givenUp.signal.aborted) throw error;
        await pause(this.#clock, wait, this.#givenUp.signal);
      }
    }
  }
}
