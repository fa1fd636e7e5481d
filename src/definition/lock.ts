import type { Duration } from "./duration.ts";

/** A lock that is held: nobody else has it, as far as its store knows. */
export interface Lock {
  /** What is locked. */
  readonly name: string;
  /**
   * Greater than that of everybody who had the lock before: who is written to may refuse what comes with a smaller one
   * than it has seen. A whole number; as a rule microseconds since 1970.
   */
  readonly fence: number;
  /** Aborted when the lock is lost, by a {@linkcode LockLostError}: its store is out of reach, or gave it to another. */
  readonly signal: AbortSignal;
}

/** Options of taking a lock. */
export interface LockOptions {
  /**
   * After what time without a sign of life the lock is free. It is renewed three times as often.
   * @default "30s"
   */
  readonly ttl?: Duration;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}
