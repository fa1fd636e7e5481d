import type { QueueProvider } from "../../src/provider/queue.ts";
import type { VirtualClock } from "../../src/testing/virtual_clock.ts";

/** Milliseconds of real time that a hint is waited for: nobody may be there to take it. */
const patience = 200;

/**
 * A queue on the way through which no virtual time passes: neither while hints are sent, nor until they are taken, nor
 * while who waits for them gives up. A host that is dead hears nothing of it.
 */
export function holdingQueue(
  queue: QueueProvider,
  clock: VirtualClock,
  death: AbortSignal | null,
): QueueProvider & Disposable {
  const pending = new Map<string, (() => void)[]>();
  const letGo = (runId: string): void => pending.get(runId)?.shift()?.();
  const unlessDead = <Result>(result: Result): Result | Promise<Result> =>
    death?.aborted ? new Promise<Result>(() => {}) : result;
  return {
    push: async (runIds) => {
      for (const runId of runIds) {
        const release = clock.hold();
        const timer = setTimeout(() => letGo(runId), patience);
        pending.getOrInsertComputed(runId, () => []).push(() => {
          clearTimeout(timer);
          release();
        });
      }
      return unlessDead(await queue.push(runIds));
    },
    reserve: async (consumer, limit, signal) => {
      const ends = death ? AbortSignal.any([signal, death]) : signal;
      let release = (): void => {};
      const hold = (): void => void (release = clock.hold());
      ends.addEventListener("abort", hold, { once: true });
      try {
        return unlessDead(await queue.reserve(consumer, limit, ends));
      } finally {
        ends.removeEventListener("abort", hold);
        release();
      }
    },
    acknowledge: async (entries) => {
      await queue.acknowledge(entries);
      for (const { runId } of entries) letGo(runId);
      return unlessDead(undefined);
    },
    [Symbol.dispose]: () => {
      for (const runId of pending.keys()) while (pending.get(runId)!.length > 0) letGo(runId);
    },
  };
}
