import type { Instance } from "../instance/instance.ts";
import type { Persistence } from "../provider/persistence.ts";

/** Promises of callers that wait until a run is in a certain state. */
export class Waiters {
  readonly #persistence: Persistence;
  readonly #checks = new Map<string, Set<() => Promise<void>>>();

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
    const checks = this.#checks.get(runId) ?? new Set();
    this.#checks.set(runId, checks.add(check));
    try {
      await check();
      return await promise;
    } finally {
      signal?.removeEventListener("abort", aborted);
      checks.delete(check);
      if (checks.size === 0) this.#checks.delete(runId);
    }
  }

  /** A run has moved. */
  notify(runId: string): void {
    this.#checks.get(runId)?.forEach((check) => void check());
  }

  /** Any run may have moved, by the hand of another process. */
  notifyAll(): void {
    for (const runId of this.#checks.keys()) this.notify(runId);
  }
}
