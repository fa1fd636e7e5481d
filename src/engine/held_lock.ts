import type { Lock } from "../definition/lock.ts";
import { asStoreError, LockLostError, type StoreError } from "../provider/errors.ts";
import type { LockProvider } from "../provider/lock.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

/** What a {@linkcode HeldLock} is made of. */
export interface HeldLockParts {
  /** Where it was taken. */
  readonly provider: LockProvider;
  /** Time for renewals. */
  readonly clock: Clock;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
  /** What is locked. */
  readonly name: string;
  /** Of this holder alone. */
  readonly token: string;
  /** Given with the lock. */
  readonly fence: number;
  /** Milliseconds that a renewal is good for. */
  readonly ttl: number;
  /** When it was asked for, by the clock. */
  readonly sentAt: number;
}

/** A lock that is held, and renewed each third of its time, until it is released or lost. */
export class HeldLock implements Lock, AsyncDisposable {
  readonly #parts: HeldLockParts;
  readonly #abort = new AbortController();
  #next: Disposable;
  /** When it is over by the host's own clock, taken before the renewal was sent. */
  #end: Disposable;
  #renewal: Promise<void> | null = null;
  #isOver = false;

  constructor(parts: HeldLockParts) {
    this.#parts = parts;
    this.#end = this.#armEnd(parts.sentAt);
    this.#next = this.#armNext();
  }

  get name(): string {
    return this.#parts.name;
  }

  get fence(): number {
    return this.#parts.fence;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Frees the lock. Never rejects: where its store is out of reach, it is free when its time is over. */
  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#stop();
    await this.#renewal;
    const { provider, troubles, name, token } = this.#parts;
    try {
      await provider.release(name, token);
    } catch (error) {
      troubles.tell(asStoreError(error));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #armNext(): Disposable {
    const { clock, ttl } = this.#parts;
    return clock.schedule(ttl / 3, () => {
      this.#renewal = this.#renew().finally(() => this.#renewal = null);
    });
  }

  #armEnd(sentAt: number): Disposable {
    const { clock, ttl } = this.#parts;
    return clock.schedule(sentAt + ttl - clock.monotonic(), () => this.#lose());
  }

  async #renew(): Promise<void> {
    const { provider, clock, troubles, name, token, ttl } = this.#parts;
    const sentAt = clock.monotonic();
    try {
      const isOurs = await provider.renew(name, token, ttl);
      if (this.#isOver) return;
      if (!isOurs) return this.#lose();
      this.#end[Symbol.dispose]();
      this.#end = this.#armEnd(sentAt);
    } catch (error) {
      troubles.tell(asStoreError(error));
    }
    if (!this.#isOver) this.#next = this.#armNext();
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#stop();
    this.#abort.abort(new LockLostError(this.name, this.fence, null));
  }

  #stop(): void {
    this.#isOver = true;
    this.#next[Symbol.dispose]();
    this.#end[Symbol.dispose]();
  }
}
