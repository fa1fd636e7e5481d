import type { LifecycleEvent } from "../instance/lifecycle_event.ts";

/**
 * Takes lifecycle events to where others hear of them. What it is given is kept in the store until `publish` has
 * resolved: each event at least once, those of one run in their order.
 */
export interface LifecyclePublisher {
  /** Name of the sink, the same on every host that feeds it. */
  readonly name: string;
  /** Takes events over. Where it rejects, the same events come again. */
  publish(events: readonly LifecycleEvent[]): Promise<void>;
}

/** A publisher that keeps the last events itself, for any program to read. */
export interface LifecycleFeed extends LifecyclePublisher {
  /**
   * Up to `limit` events in the order of publishing: those behind `after`, the id of an entry, else from the oldest that is
   * kept.
   */
  read(after: string | null, limit: number): Promise<readonly FeedEntry[]>;
}

/** An event as a feed keeps it. */
export interface FeedEntry {
  /** Its position. */
  readonly id: string;
  /** What happened. */
  readonly event: LifecycleEvent;
}

/** Events that a feed keeps at least, unless told otherwise. */
export const usuallyKept = 10_000;
