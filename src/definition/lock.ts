import { type Duration, parseDuration } from "./duration.ts";
import { InvalidDurationError } from "./errors.ts";

/** A lock that is held: nobody else has it, as far as its store knows. */
export interface Lock {
  /** What is locked. */
  readonly name: string;
  /**
   * Greater than that of everybody who had the lock before: who is written to may refuse what comes with a smaller one
   * than it has seen. A whole number up to 2^53 - 1; as a rule microseconds since 1970.
   */
  readonly fence: number;
  /** Aborted when the lock is lost, by a {@linkcode LockLostError}: its store is out of reach, or gave it to another. */
  readonly signal: AbortSignal;
}

/** Options of taking a lock. */
export interface LockOptions {
  /**
   * After what time without a sign of life the lock is free: a second or more. It is renewed three times as often. Where
   * the way to its store and back takes longer than half of it, more is asked for.
   * @default "30s"
   */
  readonly ttl?: Duration;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Options of the lock of a step. */
export interface StepLockOptions {
  /**
   * As of {@linkcode LockOptions}.
   * @default "30s"
   */
  readonly ttl?: Duration;
  /**
   * How long an attempt waits for the lock; then it fails with a `LockTimeoutError`. One behind an attempt that has not
   * failed waits for the `ttl` in addition: where that was cut short by the death of its host, it may have the lock still.
   * @default as long as it takes
   */
  readonly wait?: Duration;
}

/** The ttl where none is given. */
export const usualTtl: Duration = "30s";

/** Milliseconds of the shortest ttl. */
export const shortestTtl = 1_000;

/**
 * Milliseconds of the ttl of a lock.
 *
 * @throws {InvalidDurationError} when it is no duration, or shorter than a second
 */
export function lockTtl(ttl: Duration): number {
  const milliseconds = parseDuration(ttl);
  if (milliseconds >= shortestTtl) return milliseconds;
  throw new InvalidDurationError(
    ttl,
    'the ttl of a lock must be "1s" or longer, for it is renewed in a third of that',
  );
}
