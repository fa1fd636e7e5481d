import { checkText } from "../definition/check_text.ts";
import { longestDuration } from "../definition/duration.ts";
import { type LockOptions, lockTtl, usualTtl } from "../definition/lock.ts";
import type { Fence } from "../instance/transition.ts";
import { asStoreError, type LockLostError, StoreError } from "../provider/errors.ts";
import type { LockProvider } from "../provider/lock.ts";
import { type Clock, pause } from "./clock.ts";
import { HostStateError } from "./errors.ts";
import { HeldLock } from "./held_lock.ts";
import type { Listeners } from "./listeners.ts";
import type { Random } from "./random.ts";

/** Milliseconds before another try where nobody tells that the lock is free, or its store is in trouble. It doubles. */
const firstPause = 20;
const longestPause = 1_000;
/** Milliseconds before another try where somebody tells, at most: what is told may be lost. */
const longestWait = 10_000;
/** Milliseconds to keep away from a lock that was lost again and again, at most. */
const longestRetreat = 3_600_000;
/** Names of which losses are remembered. */
const mostLosses = 1_000;

/** What {@linkcode Locks} needs. */
export interface LocksParts {
  /** Hands them out; null where there is nothing that does. */
  readonly provider: LockProvider | null;
  /** Time for renewals and pauses. */
  readonly clock: Clock;
  /** For pauses that differ. */
  readonly random: Random;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
}

interface Losses {
  /** The greatest fence that the store of runs has seen. */
  readonly seen: number;
  /** How often it was lost here since a result was recorded under it. */
  readonly times: number;
}

/** Takes locks for the steps of a host, and for the program around it. */
export class Locks {
  readonly #parts: LocksParts;
  readonly #losses = new Map<string, Losses>();
  readonly #freeing = new Set<Promise<void>>();

  constructor(parts: LocksParts) {
    this.#parts = parts;
  }

  /**
   * Takes a lock; waits until it is free. A lock store in trouble is waited for, too, as far as the trouble may pass.
   *
   * @throws the signal's reason when that aborts first
   */
  async take(name: string, { ttl = usualTtl, signal }: LockOptions): Promise<HeldLock> {
    checkText("take a lock", "name", name);
    const { provider, clock, troubles } = this.#parts;
    if (!provider) {
      throw new HostStateError(
        `Cannot take lock ${
          JSON.stringify(name)
        }: the host's store has no locks; give the host some by useLock()`,
      );
    }
    let milliseconds = lockTtl(ttl);
    const token = crypto.randomUUID();
    const ended = signal ?? new AbortController().signal;
    await this.#retreat(name, milliseconds, ended);
    let mayHaveIt = false;
    for (let wait = firstPause;; wait = Math.min(wait * 2, longestPause)) {
      ended.throwIfAborted();
      const wake = new AbortController();
      // Before it is asked for, so that nobody frees it in between.
      using _watch = provider.watch?.(name, () => wake.abort());
      const sentAt = clock.monotonic();
      let until = wait;
      try {
        const above = this.#losses.get(name)?.seen ?? 0;
        const acquired = await provider.acquire({ name, token, ttl: milliseconds, above });
        if (acquired.fence !== null) {
          const { fence } = acquired;
          const parts = { provider, clock, troubles, name, token, fence, ttl: milliseconds, sentAt };
          const lock = new HeldLock(parts);
          const { cameTooLate } = lock;
          const isFence = Number.isSafeInteger(fence);
          if (!ended.aborted && !cameTooLate && isFence) return lock;
          await lock.release();
          if (!isFence) throw notAFence(name, fence);
          // The way to its store takes longer than that.
          if (cameTooLate) milliseconds = Math.min(milliseconds * 2, longestDuration);
          continue;
        }
        until = provider.watch
          ? Math.min(Math.max(acquired.freeIn, firstPause), longestWait)
          : Math.min(acquired.freeIn + 1, wait);
      } catch (thrown) {
        const error = asStoreError(thrown);
        troubles.tell(error);
        if (!error.retryable) throw error;
        mayHaveIt = true;
      }
      await pause(clock, until, AbortSignal.any([wake.signal, ended]));
      // The answer that was lost may have been yes: nobody is to wait until the time of the lock is over.
      if (ended.aborted && mayHaveIt) {
        this.#follow(provider.release(name, token).catch((error) => troubles.tell(asStoreError(error))));
      }
    }
  }

  /** Frees a lock, without keeping anybody waiting. */
  free(lock: HeldLock): void {
    this.#follow(lock.release());
  }

  /** Resolves when what is being freed is free. */
  async freed(): Promise<void> {
    await Promise.all(this.#freeing);
  }

  /** A result was refused: the next holder here has a greater fence than what was seen, whatever its store remembers. */
  learn({ lock, seen }: LockLostError): void {
    const known = this.#losses.get(lock);
    this.#losses.delete(lock);
    this.#losses.set(lock, { seen: Math.max(seen ?? 0, known?.seen ?? 0), times: (known?.times ?? 0) + 1 });
    for (const name of [...this.#losses.keys()].slice(0, Math.max(this.#losses.size - mostLosses, 0))) {
      this.#losses.delete(name);
    }
  }

  /** A result was recorded under these. */
  recorded(fences: readonly Fence[]): void {
    for (const { name } of fences) {
      const known = this.#losses.get(name);
      if (known) this.#losses.set(name, { ...known, times: 0 });
    }
  }

  /**
   * Keeps away from a lock that was lost more than once, ever longer: steps whose locks cannot be renewed in time would
   * else take them from each other, and none would ever come to an end.
   */
  async #retreat(name: string, ttl: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const { times = 0 } = this.#losses.get(name) ?? {};
    if (times < 2) return;
    await pause(clock, random.number() * Math.min(ttl * 2 ** (times - 2), longestRetreat), signal);
  }

  #follow(release: Promise<void>): void {
    const freeing = release.finally(() => this.#freeing.delete(freeing));
    this.#freeing.add(freeing);
  }
}

function notAFence(name: string, fence: number): StoreError {
  return new StoreError(
    "unsupported",
    `Cannot take lock ${
      JSON.stringify(name)
    }: a fence is a whole number up to 2^53 - 1, received ${fence}; ` +
      "give the host other locks by useLock()",
  );
}
