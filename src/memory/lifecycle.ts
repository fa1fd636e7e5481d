import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import { type FeedEntry, type LifecycleFeed, usuallyKept } from "../provider/lifecycle.ts";

/** Options of {@linkcode MemoryLifecycle}. */
export interface MemoryLifecycleOptions {
  /**
   * Name of the sink.
   * @default "memory"
   */
  readonly name?: string;
  /**
   * How many events are kept.
   * @default 10_000
   */
  readonly keep?: number;
}

/** Keeps the last lifecycle events in memory. */
export class MemoryLifecycle implements LifecycleFeed {
  /** Name of the sink. */
  readonly name: string;
  readonly #keep: number;
  readonly #entries: FeedEntry[] = [];
  #last = 0;

  /** An empty feed. */
  constructor({ name = "memory", keep = usuallyKept }: MemoryLifecycleOptions = {}) {
    this.name = name;
    this.#keep = keep;
  }

  /** Takes events over. */
  publish(events: readonly LifecycleEvent[]): Promise<void> {
    for (const event of events) this.#entries.push({ id: String(++this.#last), event });
    this.#entries.splice(0, this.#entries.length - this.#keep);
    return Promise.resolve();
  }

  /** Events behind an entry. */
  read(after: string | null, limit: number): Promise<readonly FeedEntry[]> {
    const position = Number(after ?? 0);
    return Promise.resolve(this.#entries.filter(({ id }) => Number(id) > position).slice(0, limit));
  }
}
