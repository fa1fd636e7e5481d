import { claimInstance } from "../instance/claim.ts";
import type { Advance } from "../instance/transition.ts";
import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";
import type { Random } from "./random.ts";

/** Milliseconds between two looks at the store when nothing else wakes the loop: a net, not the mechanism. */
const sweepInterval = 30_000;
/** Milliseconds before another try where the store is in trouble. */
const troubleInterval = 1_000;
/** Shortest pause before another look: a run may be due that this host cannot have. */
const shortestPause = 20;
const batch = 100;

/** What a claim loop needs. */
export interface ClaimLoopParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Time for its timers. */
  readonly clock: Clock;
  /** Chance for the transitions of a claim. */
  readonly random: Random;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
  /** The incarnation that claims now. */
  readonly incarnation: () => string;
  /** How many more runs may be held. */
  readonly room: () => number;
  /** The runs that may be claimed; null for all. */
  readonly only: () => readonly string[] | null;
  /** Takes over what was claimed. */
  readonly take: (claimed: readonly Advance[]) => void;
  /** Called before each look: lets runs go that this host owns without running them. */
  readonly tidy: () => Promise<void>;
  /** Called when the store refuses for good: nothing will be claimed. */
  readonly refused: (error: StoreError) => void;
}

/** Claims due runs: at once when told that one may be due, at the due time of the next one, and by a slow sweep. */
export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  #timer: Disposable | null = null;
  #dueAt = Infinity;
  #pass: Promise<void> | null = null;
  #again = false;
  #full = false;
  #stopped = true;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
  }

  /** Begins to claim. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Claims no more. Resolves when the pass under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#pass;
  }

  /** Something may be due now. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#pass) {
      this.#again = true;
      return;
    }
    this.#pass = this.#run().finally(() => {
      this.#pass = null;
      if (this.#again) this.wake();
    });
  }

  /** Something will be due at a time of the store's clock. */
  wakeAt(dueAt: number): void {
    if (!this.#stopped && dueAt < this.#dueAt) this.#arm(dueAt);
  }

  /** There is room for one more run. */
  makeRoom(): void {
    if (this.#full) this.wake();
  }

  async #run(): Promise<void> {
    this.#again = false;
    this.#disarm();
    const { persistence, troubles } = this.#parts;
    try {
      await this.#parts.tidy();
      await this.#claimAll();
      if (this.#stopped) return;
      this.#full = this.#parts.room() <= 0;
      const due = this.#full ? null : await persistence.nextDue(...this.#restriction());
      const now = persistence.now();
      this.wakeAt(Math.min(Math.max(due ?? Infinity, now + shortestPause), now + sweepInterval));
    } catch (thrown) {
      const error = asStoreError(thrown);
      troubles.tell(error);
      if (!error.retryable) this.#parts.refused(error);
      this.wakeAt(persistence.now() + troubleInterval);
    }
  }

  async #claimAll(): Promise<void> {
    const { persistence, incarnation, random, room, take } = this.#parts;
    const [only] = this.#restriction();
    if (only?.length === 0) return;
    for (let limit = Math.min(room(), batch); limit > 0 && !this.#stopped; limit = Math.min(room(), batch)) {
      const owner = incarnation();
      const claimed = await persistence.claim({
        incarnation: owner,
        limit,
        ...(only && { only }),
        take: (state) =>
          claimInstance(state, owner, { now: persistence.now(), random: random.number(), begin: true }),
      });
      take(claimed);
      if (claimed.length < limit) return;
    }
  }

  #restriction(): [] | [readonly string[]] {
    const only = this.#parts.only();
    return only ? [only] : [];
  }

  #arm(dueAt: number): void {
    this.#disarm();
    this.#dueAt = dueAt;
    this.#timer = this.#parts.clock.schedule(dueAt - this.#parts.persistence.now(), () => {
      this.#dueAt = Infinity;
      this.wake();
    });
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#dueAt = Infinity;
  }
}
