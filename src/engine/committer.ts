import { setImmediate } from "node:timers";
import type { Transition } from "../instance/transition.ts";
import type { CommitOutcome, Persistence } from "../provider/persistence.ts";
import type { StoreRetry } from "./store_retry.ts";

interface Submission {
  readonly transition: Transition;
  readonly settle: (outcome: CommitOutcome) => void;
}

/** Commits under way at a time, with a store that does them in order: while it writes one, the host makes the next. */
const mostUnderWay = 2;
/** Transitions that are worth two commits. */
const worthHalving = 32;

/**
 * Writes transitions in groups: what is submitted in one go, or while the store has enough to do, goes out together in
 * the next commit.
 */
export class Committer {
  readonly #persistence: Persistence;
  readonly #retry: StoreRetry;
  readonly #most: number;
  #waiting: Submission[] = [];
  #underWay = 0;
  #isScheduled = false;

  constructor(persistence: Persistence, retry: StoreRetry) {
    this.#persistence = persistence;
    this.#retry = retry;
    this.#most = persistence.commitsInOrder ? mostUnderWay : 1;
  }

  /**
   * Writes a transition. Calls back once it is durable, or refused: a promise for each step of every run would be a
   * fifteenth of what the host does.
   */
  submit(transition: Transition, settle: (outcome: CommitOutcome) => void): void {
    this.#waiting.push({ transition, settle });
    this.#schedule();
  }

  /**
   * In the next turn of the event loop: what a commit has let go on comes back together, and however quick the store is,
   * timers fire and other work of the program has its turn.
   */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#waiting.length > 0 && this.#underWay < this.#most) void this.#send(this.#next());
    });
  }

  /** All that wait; where they are many and nothing is under way, half of them, so that the halves take turns. */
  #next(): readonly Submission[] {
    const { length } = this.#waiting;
    const halves = this.#underWay === 0 && this.#most > 1 && length >= worthHalving;
    return this.#waiting.splice(0, halves ? Math.ceil(length / 2) : length);
  }

  async #send(group: readonly Submission[]): Promise<void> {
    this.#underWay++;
    const outcomes = await this.#write(group.map(({ transition }) => transition));
    this.#underWay--;
    group.forEach(({ settle }, index) => settle(outcomes[index]!));
    this.#schedule();
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
