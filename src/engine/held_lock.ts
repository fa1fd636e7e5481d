import type { Lock } from "../definition/lock.ts";
import { asStoreError, LockLostError, type StoreError } from "../provider/errors.ts";
import { fenceRetention, type LockProvider } from "../provider/lock.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

/** Milliseconds between two renewals, at most: so long it may be unknown that another has the lock. */
const longestInterval = 3_600_000;

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
  /** Milliseconds that it was given for. */
  readonly ttl: number;
  /** When it was asked for, by the clock. */
  readonly sentAt: number;
}

/** A lock that is held, and renewed each third of its time, until it is released or lost. */
export class HeldLock implements Lock, AsyncDisposable {
  readonly #parts: HeldLockParts;
  readonly #abort = new AbortController();
  /** Milliseconds that are asked for. */
  #ttl: number;
  /** Milliseconds that were given last, and when these were asked for: by the host's own clock it is over behind them. */
  #given: number;
  #sentAt: number;
  #next: Disposable;
  #end: Disposable;
  #renewal: Promise<void> | null = null;
  #isOver = false;

  constructor(parts: HeldLockParts) {
    this.#parts = parts;
    this.#ttl = this.#given = parts.ttl;
    this.#sentAt = parts.sentAt;
    this.#end = this.#armEnd();
    this.#next = this.#armNext(this.#interval - this.#age);
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

  /** Whether the answer that gave it took so long that the one to a renewal would come too late. */
  get cameTooLate(): boolean {
    return this.#age >= this.#given / 2;
  }

  /**
   * Whether it has not been known to be held for so long that its store, and that of the runs, may have forgotten who has
   * had it since.
   */
  get mayBeForgotten(): boolean {
    return this.#age >= fenceRetention / 2;
  }

  /** Has it for a longer time from now on, where that is longer; what became of it, its signal tells. */
  async lengthen(ttl: number): Promise<void> {
    if (ttl <= this.#ttl) return;
    this.#ttl = ttl;
    while (this.#renewal) await this.#renewal;
    if (this.#isOver) return;
    this.#next[Symbol.dispose]();
    await this.#beginRenewal();
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

  /** Milliseconds since it was certainly held. */
  get #age(): number {
    return this.#parts.clock.monotonic() - this.#sentAt;
  }

  get #interval(): number {
    return Math.min(this.#given / 3, longestInterval);
  }

  #armNext(delay: number): Disposable {
    return this.#parts.clock.schedule(delay, () => void this.#beginRenewal());
  }

  #armEnd(): Disposable {
    return this.#parts.clock.schedule(this.#given - this.#age, () => this.#lose());
  }

  #beginRenewal(): Promise<void> {
    return this.#renewal = this.#renew().finally(() => this.#renewal = null);
  }

  async #renew(): Promise<void> {
    const { provider, clock, troubles, name, token } = this.#parts;
    const sentAt = clock.monotonic();
    const ttl = this.#ttl;
    let delay = this.#interval;
    try {
      const isOurs = await provider.renew(name, token, ttl);
      if (this.#isOver) return;
      if (!isOurs) return this.#lose();
      this.#given = ttl;
      this.#sentAt = sentAt;
      this.#end[Symbol.dispose]();
      this.#end = this.#armEnd();
      delay = this.#interval - this.#age;
    } catch (error) {
      troubles.tell(asStoreError(error));
    }
    if (!this.#isOver) this.#next = this.#armNext(delay);
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
