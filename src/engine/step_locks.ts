import { type Lock, type LockOptions, lockTtl } from "../definition/lock.ts";
import type { Fence } from "../instance/transition.ts";
import { LockLostError } from "../provider/errors.ts";
import { TooManyLocksError } from "./errors.ts";
import type { HeldLock } from "./held_lock.ts";
import type { Locks } from "./locks.ts";
import { untilAborted } from "./until_aborted.ts";

/** Locks that an attempt may hold: each is renewed, and goes into the commit of the result. */
const mostLocks = 1_000;

/** The locks that one attempt of a step has taken: held until its result is recorded. */
export class StepLocks {
  readonly #locks: Locks;
  /** By name; null where it could not be taken. */
  readonly #taken = new Map<string, Promise<HeldLock | null>>();
  readonly #held: HeldLock[] = [];
  #isOver = false;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /**
   * Takes a lock, or gives the one that the attempt has, for a longer time where that is asked for.
   *
   * @throws {LockLostError} where the attempt has lost it: what it did under it would not be protected by a new one
   */
  async take(name: string, options: LockOptions & { readonly signal: AbortSignal }): Promise<Lock> {
    const { ttl, signal } = options;
    const milliseconds = ttl === undefined ? 0 : lockTtl(ttl);
    for (;;) {
      const known = this.#taken.get(name);
      if (!known) break;
      const lock = await untilAborted(known, signal);
      if (!lock) continue;
      await lock.lengthen(milliseconds);
      lock.signal.throwIfAborted();
      return lock;
    }
    if (this.#taken.size >= mostLocks) throw new TooManyLocksError(name, mostLocks);
    const taking = this.#take(name, options);
    const taken = taking.catch(() => {
      this.#taken.delete(name);
      return null;
    });
    this.#taken.set(name, taken);
    return await taking;
  }

  /** The body has ended: no lock is taken any more. */
  end(): void {
    this.#isOver = true;
  }

  /**
   * What the result of the attempt is recorded with.
   *
   * @throws {LockLostError} where who has had a lock since may be forgotten
   */
  fences(): readonly Fence[] {
    return this.#held.map(({ name, fence, mayBeForgotten }) => {
      if (mayBeForgotten) throw new LockLostError(name, fence, null);
      return { name, fence };
    });
  }

  /** Frees all; `isRecorded` is whether a result has been recorded with their fences. */
  release(isRecorded: boolean): void {
    this.#isOver = true;
    if (isRecorded) this.#locks.recorded(this.#held);
    for (const lock of this.#held.splice(0)) this.#locks.free(lock);
  }

  async #take(name: string, options: LockOptions): Promise<HeldLock> {
    const lock = await this.#locks.take(name, options);
    if (!this.#isOver) {
      this.#held.push(lock);
      return lock;
    }
    await lock.release();
    throw new Error(`Cannot take lock ${JSON.stringify(name)}: the attempt is over`);
  }
}
