import type { StoreClock } from "../provider/clock.ts";
import type { QueueEntry, QueueProvider } from "../provider/queue.ts";

/** Options of {@linkcode MemoryQueue}. */
export interface MemoryQueueOptions {
  /**
   * Milliseconds after which a hint that was reserved and not acknowledged comes again.
   * @default 30_000
   */
  readonly visibility?: number;
  /**
   * What time goes by.
   * @default Date
   */
  readonly clock?: StoreClock;
}

interface Hint {
  readonly runId: string;
  visibleAt: number;
}

/** A queue in memory, for the hosts of one process. */
export class MemoryQueue implements QueueProvider {
  readonly #visibility: number;
  readonly #clock: StoreClock;
  readonly #hints = new Map<string, Hint>();
  readonly #waiting = new Set<() => void>();
  #last = 0;

  /** An empty queue. */
  constructor({ visibility = 30_000, clock = Date }: MemoryQueueOptions = {}) {
    this.#visibility = visibility;
    this.#clock = clock;
  }

  /** Adds hints. */
  push(runIds: readonly string[]): Promise<void> {
    for (const runId of runIds) this.#hints.set(String(++this.#last), { runId, visibleAt: 0 });
    for (const wake of this.#waiting) wake();
    return Promise.resolve();
  }

  /** Waits for hints, and reserves them. */
  async reserve(_consumer: string, limit: number, signal: AbortSignal): Promise<readonly QueueEntry[]> {
    while (!signal.aborted) {
      const entries = this.#take(limit);
      if (entries.length > 0) return entries;
      await this.#change(signal);
    }
    return [];
  }

  /** Forgets hints. */
  acknowledge(entries: readonly QueueEntry[]): Promise<void> {
    for (const { id } of entries) this.#hints.delete(id);
    return Promise.resolve();
  }

  #take(limit: number): QueueEntry[] {
    const now = this.#clock.now();
    const entries: QueueEntry[] = [];
    for (const [id, hint] of this.#hints) {
      if (hint.visibleAt > now) continue;
      hint.visibleAt = now + this.#visibility;
      entries.push({ id, runId: hint.runId });
      if (entries.length === limit) break;
    }
    return entries;
  }

  /** Resolves when there is a new hint, one that was reserved comes again, or the signal aborts. */
  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const next = Math.min(...[...this.#hints.values()].map(({ visibleAt }) => visibleAt));
    const timer = next < Infinity ? setTimeout(wake, next - this.#clock.now()) : undefined;
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    signal.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
    clearTimeout(timer);
  }
}
