import type { Instance } from "../instance/instance.ts";
import type { Persistence } from "../provider/persistence.ts";

/** One caller that waits. */
interface Waiter {
  readonly check: () => Promise<void>;
  readonly fail: (error: Error) => void;
}

/** Promises of callers that wait until a run is in a certain state. */
export class Waiters {
  readonly #persistence: Persistence;
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(persistence: Persistence) {
    this.#persistence = persistence;
  }

  /** Resolves with what `read` makes of the run, once it makes something of it; rejects when `signal` aborts. */
  async until<Result>(
    runId: string,
    read: (instance: Instance) => Result | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const check = async () => {
      try {
        const instance = await this.#persistence.get(runId);
        const result = instance ? read(instance) : undefined;
        if (result !== undefined) resolve(result);
      } catch (error) {
        reject(error);
      }
    };
    const aborted = () => reject(signal!.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    const waiter: Waiter = { check, fail: reject };
    const waiters = this.#waiters.get(runId) ?? new Set();
    this.#waiters.set(runId, waiters.add(waiter));
    try {
      await check();
      return await promise;
    } finally {
      signal?.removeEventListener("abort", aborted);
      waiters.delete(waiter);
      if (waiters.size === 0) this.#waiters.delete(runId);
    }
  }

  /** A run has moved. */
  notify(runId: string): void {
    this.#waiters.get(runId)?.forEach(({ check }) => void check());
  }

  /** This process cannot go on with a run: those who wait for it here are told why. */
  fail(runId: string, error: Error): void {
    this.#waiters.get(runId)?.forEach(({ fail }) => fail(error));
  }

  /** This process cannot go on with any run. */
  failAll(error: Error): void {
    for (const runId of this.#waiters.keys()) this.fail(runId, error);
  }

  /** Any run may have moved, by the hand of another process. */
  notifyAll(): void {
    for (const runId of this.#waiters.keys()) this.notify(runId);
  }
}
