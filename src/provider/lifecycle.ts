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
