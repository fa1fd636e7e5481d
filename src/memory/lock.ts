import type { Fence } from "../instance/transition.ts";
import type { StoreClock } from "../provider/clock.ts";
import { LockLostError } from "../provider/errors.ts";
import { type Acquired, type LockRequest, nextFence, type StoreLock } from "../provider/lock.ts";

interface Held {
  /** The greatest that was given, or seen in a commit. */
  fence: number;
  token: string | null;
  expiresAt: number;
}

/** Locks in memory, for the hosts of one process. */
export class MemoryLock implements StoreLock {
  readonly #clock: StoreClock;
  readonly #locks = new Map<string, Held>();
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Goes by a clock. */
  constructor({ clock = Date }: { readonly clock?: StoreClock } = {}) {
    this.#clock = clock;
  }

  /** Takes a lock that is free. */
  acquire(request: LockRequest): Promise<Acquired> {
    return Promise.try(() => this.#acquire(request));
  }

  /** Lets its time begin anew. */
  renew(name: string, token: string, ttl: number): Promise<boolean> {
    const lock = this.#locks.get(name);
    if (lock?.token !== token) return Promise.resolve(false);
    lock.expiresAt = this.#clock.now() + ttl;
    return Promise.resolve(true);
  }

  /** Frees it. */
  release(name: string, token: string): Promise<void> {
    const lock = this.#locks.get(name);
    if (lock?.token === token) {
      lock.token = null;
      for (const listener of this.#listeners.get(name) ?? []) listener();
    }
    return Promise.resolve();
  }

  /** Calls back when it is freed. */
  watch(name: string, listener: () => void): Disposable {
    const listeners = this.#listeners.getOrInsertComputed(name, () => new Set());
    listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(name);
      },
    };
  }

  /** Forgets locks of the past. */
  forget(before: number, limit: number): Promise<number> {
    const now = this.#clock.now();
    let forgotten = 0;
    for (const [name, { fence, token, expiresAt }] of this.#locks) {
      if (forgotten === limit) break;
      if (fence >= before * 1_000 || token !== null && expiresAt > now) continue;
      this.#locks.delete(name);
      forgotten++;
    }
    return Promise.resolve(forgotten);
  }

  /**
   * Makes sure that none of these is lost.
   *
   * @throws {LockLostError} where a greater fence has been seen
   */
  check(fences: readonly Fence[]): void {
    for (const { name, fence } of fences) {
      const seen = this.#locks.get(name)?.fence ?? fence;
      if (seen > fence) throw new LockLostError(name, fence, seen);
    }
  }

  /** These have been seen. */
  see(fences: readonly Fence[]): void {
    for (const { name, fence } of fences) {
      const lock = this.#of(name);
      lock.fence = Math.max(lock.fence, fence);
    }
  }

  #acquire({ name, token, ttl, above }: LockRequest): Acquired {
    const now = this.#clock.now();
    const lock = this.#of(name);
    if (lock.token !== null && lock.token !== token && lock.expiresAt > now) {
      return { fence: null, freeIn: lock.expiresAt - now };
    }
    if (lock.token !== token) lock.fence = nextFence(lock.fence, above, now);
    lock.token = token;
    lock.expiresAt = now + ttl;
    return { fence: lock.fence };
  }

  #of(name: string): Held {
    return this.#locks.getOrInsertComputed(name, () => ({ fence: 0, token: null, expiresAt: 0 }));
  }
}
