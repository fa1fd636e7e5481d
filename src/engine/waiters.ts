import type { Instance } from "../instance/instance.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";

/**
 * Milliseconds between two looks at runs that somebody waits for, and that another process may run: the least, and the
 * most. In between, a quarter of the time that the last of those who wait has waited.
 */
const shortestInterval = 1_000;
const longestInterval = 15_000;

/** One caller that waits. */
interface Waiter {
  /** Looks at the run as it is known to be, or else as the store has it. */
  readonly check: (known: Instance | undefined) => Promise<void>;
  readonly fail: (error: Error) => void;
}

/** What waiters need. */
export interface WaitersParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Time for looking at runs of other processes. */
  readonly clock: Clock;
  /** Whether this process runs a run, and so will tell of its moves. */
  readonly isHere: (runId: string) => boolean;
  /** A run of this process, as it is written; undefined where only the store can tell. */
  readonly known: (runId: string) => Instance | undefined;
}

/** Promises of callers that wait until a run is in a certain state. */
export class Waiters {
  readonly #parts: WaitersParts;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #timer: Disposable | null = null;
  #waitsSince = 0;
  #end: Error | null = null;

  constructor(parts: WaitersParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with what `read` makes of the run, once it makes something of it; rejects when `signal` aborts.
   *
   * @throws {RunNotFoundError}
   */
  async until<Result>(
    runId: string,
    read: (instance: Instance) => Result | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    promise.catch(() => {}); // It may be rejected while the first look is under way.
    const check = async (known: Instance | undefined) => {
      try {
        const instance = known ?? await this.#parts.persistence.get(runId);
        if (!instance) return reject(new RunNotFoundError(runId));
        const result = read(instance);
        if (result !== undefined) resolve(result);
        else if (this.#end) reject(this.#end);
      } catch (error) {
        reject(error);
      }
    };
    const aborted = () => reject(signal!.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    const waiter: Waiter = { check, fail: reject };
    this.#add(runId, waiter);
    try {
      await check(this.#parts.known(runId));
      return await promise;
    } finally {
      signal?.removeEventListener("abort", aborted);
      this.#remove(runId, waiter);
    }
  }

  /** A run has moved: to what is known of it, or else to what the store has. */
  notify(runId: string, known?: Instance): void {
    this.#waiters.get(runId)?.forEach(({ check }) => void check(known));
  }

  /** Another process has written: looks at the runs that are not here. */
  lookElsewhere(): void {
    for (const runId of this.#waiters.keys()) {
      if (!this.#parts.isHere(runId)) this.notify(runId);
    }
  }

  /** This process cannot go on with a run: those who wait for it here are told why. */
  fail(runId: string, error: Error): void {
    this.#waiters.get(runId)?.forEach(({ fail }) => fail(error));
  }

  /** This process cannot go on with any run. */
  failAll(error: Error): void {
    for (const runId of this.#waiters.keys()) this.fail(runId, error);
  }

  /** Nobody tells of moves any more: who waits is told so, unless there is a result already. */
  close(error: Error): void {
    this.#end = error;
    for (const runId of this.#waiters.keys()) this.notify(runId);
  }

  #add(runId: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(runId) ?? new Set();
    this.#waiters.set(runId, waiters.add(waiter));
    this.#waitsSince = this.#parts.clock.monotonic();
    this.#timer?.[Symbol.dispose]();
    this.#look();
  }

  #remove(runId: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(runId);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(runId);
    if (this.#waiters.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  /** Runs of other processes are looked at while somebody waits for them, and only then. */
  #look(): void {
    const { clock } = this.#parts;
    const quarter = (clock.monotonic() - this.#waitsSince) / 4;
    const interval = Math.min(Math.max(quarter, shortestInterval), longestInterval);
    this.#timer = clock.schedule(interval, () => {
      this.#timer = null;
      this.lookElsewhere();
      if (this.#waiters.size > 0) this.#look();
    });
  }
}
