import type { Lock, LockOptions } from "../definition/lock.ts";
import type { Fence } from "../instance/transition.ts";
import type { HeldLock } from "./held_lock.ts";
import type { Locks } from "./locks.ts";

/** The locks that one attempt of a step has taken: held until its result is recorded. */
export class StepLocks {
  readonly #locks: Locks;
  readonly #taken = new Map<string, Promise<HeldLock>>();
  readonly #held: HeldLock[] = [];
  #isOver = false;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /** Takes a lock, or gives it again. */
  take(name: string, options: LockOptions & { readonly signal: AbortSignal }): Promise<Lock> {
    const taken = this.#taken.get(name) ?? this.#take(name, options);
    this.#taken.set(name, taken);
    // What could not be taken may be asked for again.
    taken.catch(() => this.#taken.delete(name));
    return taken;
  }

  /** The body has ended: no lock is taken any more. Returns what its result is recorded with. */
  end(): readonly Fence[] {
    this.#isOver = true;
    return this.#held.map(({ name, fence }) => ({ name, fence }));
  }

  /** Frees all. */
  release(): void {
    this.#isOver = true;
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
