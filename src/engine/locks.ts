import { checkText } from "../definition/check_text.ts";
import { parseDuration } from "../definition/duration.ts";
import type { LockOptions } from "../definition/lock.ts";
import { asStoreError, type LockLostError, type StoreError } from "../provider/errors.ts";
import type { LockProvider } from "../provider/lock.ts";
import { type Clock, pause } from "./clock.ts";
import { HostStateError } from "./errors.ts";
import { HeldLock } from "./held_lock.ts";
import type { Listeners } from "./listeners.ts";

/** Milliseconds before another try where nobody tells that the lock is free, or its store is in trouble. It doubles. */
const firstPause = 20;
const longestPause = 1_000;
/** Names of which the greatest fence is remembered. */
const mostSeen = 1_000;

/** What {@linkcode Locks} needs. */
export interface LocksParts {
  /** Hands them out; null where there is nothing that does. */
  readonly provider: LockProvider | null;
  /** Time for renewals and pauses. */
  readonly clock: Clock;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
}

/** Takes locks for the steps of a host, and for the program around it. */
export class Locks {
  readonly #parts: LocksParts;
  /** The greatest fences that the store of runs has seen of locks that were lost here. */
  readonly #seen = new Map<string, number>();
  readonly #freeing = new Set<Promise<void>>();

  constructor(parts: LocksParts) {
    this.#parts = parts;
  }

  /**
   * Takes a lock; waits until it is free. A lock store in trouble is waited for, too, as far as the trouble may pass.
   *
   * @throws the signal's reason when that aborts first
   */
  async take(name: string, { ttl = "30s", signal }: LockOptions): Promise<HeldLock> {
    checkText("take a lock", "name", name);
    const { provider, clock, troubles } = this.#parts;
    if (!provider) {
      throw new HostStateError(
        `Cannot take lock ${
          JSON.stringify(name)
        }: the host's store has no locks; give the host some by useLock()`,
      );
    }
    const milliseconds = parseDuration(ttl);
    const token = crypto.randomUUID();
    const ended = signal ?? new AbortController().signal;
    let mayHaveIt = false;
    for (let wait = firstPause;; wait = Math.min(wait * 2, longestPause)) {
      ended.throwIfAborted();
      const wake = new AbortController();
      // Before it is asked for, so that nobody frees it in between.
      using _watch = provider.watch?.(name, () => wake.abort());
      const sentAt = clock.monotonic();
      let until = wait;
      try {
        const above = this.#seen.get(name) ?? 0;
        const acquired = await provider.acquire({ name, token, ttl: milliseconds, above });
        if (acquired.fence !== null) {
          const { fence } = acquired;
          const lock = new HeldLock({
            provider,
            clock,
            troubles,
            name,
            token,
            fence,
            ttl: milliseconds,
            sentAt,
          });
          if (!ended.aborted) return lock;
          await lock.release();
          continue;
        }
        until = provider.watch ? Math.max(acquired.freeIn, firstPause) : Math.min(acquired.freeIn + 1, wait);
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

  /** A commit was refused: the next holder here has a greater fence than what was seen, whatever its store remembers. */
  learn({ lock, seen }: LockLostError): void {
    if (seen === null || seen <= (this.#seen.get(lock) ?? 0)) return;
    this.#seen.delete(lock);
    this.#seen.set(lock, seen);
    for (const name of [...this.#seen.keys()].slice(0, Math.max(this.#seen.size - mostSeen, 0))) {
      this.#seen.delete(name);
    }
  }

  #follow(release: Promise<void>): void {
    const freeing = release.finally(() => this.#freeing.delete(freeing));
    this.#freeing.add(freeing);
  }
}
