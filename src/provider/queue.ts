/**
 * Carries hints that runs are due, each to one host. The store alone says what is due: a hint may be lost, come twice, or
 * be wrong. So a queue that fails costs time, never a run.
 *
 * Every method may reject with a `StoreError`; the same call may then be made again.
 */
export interface QueueProvider {
  /** Adds a hint for each of these runs. */
  push(runIds: readonly string[]): Promise<void>;
  /**
   * Waits until there are hints, and reserves up to `limit` of them. Those that are not acknowledged within a time that is
   * the queue's come again. Resolves with none only when `signal` aborts.
   *
   * @param consumer the incarnation of the host
   */
  reserve(consumer: string, limit: number, signal: AbortSignal): Promise<readonly QueueEntry[]>;
  /** Forgets reserved hints. */
  acknowledge(entries: readonly QueueEntry[]): Promise<void>;
}

/** A hint as it was reserved. */
export interface QueueEntry {
  /** Tells it from others. */
  readonly id: string;
  /** The run that may be due. */
  readonly runId: string;
}
