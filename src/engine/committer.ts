import type { Transition } from "../instance/transition.ts";
import type { CommitOutcome, Persistence } from "../provider/persistence.ts";
import type { StoreRetry } from "./store_retry.ts";

interface Submission {
  readonly transition: Transition;
  readonly settle: (outcome: CommitOutcome) => void;
}

/** Writes transitions in groups: what is submitted while a commit is under way goes out together in the next. */
export class Committer {
  readonly #persistence: Persistence;
  readonly #retry: StoreRetry;
  #waiting: Submission[] = [];
  #busy = false;

  constructor(persistence: Persistence, retry: StoreRetry) {
    this.#persistence = persistence;
    this.#retry = retry;
  }

  /** Writes a transition. Resolves once it is durable, or refused. */
  submit(transition: Transition): Promise<CommitOutcome> {
    const { promise, resolve } = Promise.withResolvers<CommitOutcome>();
    this.#waiting.push({ transition, settle: resolve });
    if (!this.#busy) this.#drain();
    return promise;
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
    try {
      return await this.#retry.run(() => this.#persistence.commit(transitions));
    } catch (error) {
      if (transitions.length === 1) return [{ committed: false, error: error as Error }];
      // One of them may be what the store cannot take: each for itself.
      const outcomes: CommitOutcome[] = [];
      for (const transition of transitions) outcomes.push(...await this.#write([transition]));
      return outcomes;
    }
  }
}
