import { type Duration, parseDuration } from "./duration.ts";

/** What happens when a step fails, as stored in a definition: durations in milliseconds. */
export type ErrorPolicy = RetryPolicy | { readonly kind: Consequence };

/**
 * What follows a failure that is not tried again: the run ends as Failed or Terminated as it stands, is Suspended for
 * a person to look at, or what has been done is undone first.
 */
export type Consequence = "fail" | "suspend" | "terminate" | "compensate";

/** Try again, with growing pauses; then what `then` says. */
export interface RetryPolicy {
  /** Tells it from the other policies. */
  readonly kind: "retry";
  /** Pause before the first retry, in milliseconds. */
  readonly interval: number;
  /** Retries after the first attempt. */
  readonly maxRetries: number;
  /** Factor from one pause to the next. */
  readonly backoff: number;
  /** Longest pause, in milliseconds. */
  readonly maxInterval: number;
  /** Share of the pause that is drawn at random, 0 to 1. */
  readonly jitter: number;
  /** Only errors with one of these codes or class names are tried again; without it, all are. */
  readonly on?: readonly string[];
  /** What follows the last retry; without it, `compensate` inside a saga, else `fail`. */
  readonly then?: Consequence;
}

/** Options of {@linkcode ErrorBehavior.retry}. */
export interface RetryOptions {
  /**
   * Pause before the first retry.
   * @default "1s"
   */
  readonly interval?: Duration;
  /**
   * Retries after the first attempt.
   * @default 3
   */
  readonly maxRetries?: number;
  /**
   * Factor from one pause to the next; 1 keeps them equal.
   * @default 1
   */
  readonly backoff?: number;
  /**
   * Longest pause.
   * @default "1h"
   */
  readonly maxInterval?: Duration;
  /**
   * Share of the pause that is drawn at random, 0 to 1.
   * @default 0
   */
  readonly jitter?: number;
  /**
   * Codes or class names of the errors to try again, such as `"HTTP_503"` or `"TypeError"`.
   * @default all
   */
  readonly on?: readonly string[];
  /**
   * What follows the last retry, or an error that is not tried again.
   * @default "compensate" inside a saga, else "fail"
   */
  readonly then?: Consequence;
}

const kinds = {
  suspend: Object.freeze({ kind: "suspend" as const }),
  terminate: Object.freeze({ kind: "terminate" as const }),
  fail: Object.freeze({ kind: "fail" as const }),
  compensate: Object.freeze({ kind: "compensate" as const }),
};

/**
 * Says what happens when a step fails.
 *
 * @example Three retries, five seconds apart
 * ```ts
 * import { ErrorBehavior } from "@wfe/engine";
 *
 * const policy = ErrorBehavior.retry({ interval: "5s", maxRetries: 3 });
 * ```
 */
export const ErrorBehavior: {
  /** Tries again after a pause. */
  retry(options?: RetryOptions): RetryPolicy;
  /** Suspends the run, to be resumed by a person. */
  suspend(): ErrorPolicy;
  /** Ends the run as Terminated. */
  terminate(): ErrorPolicy;
  /** Ends the run as Failed, without undoing the sagas around the step. */
  fail(): ErrorPolicy;
  /** Undoes the saga around the step; outside a saga, the step alone, and the run ends as Failed. */
  compensate(): ErrorPolicy;
} = Object.freeze({
  retry: (options: RetryOptions = {}): RetryPolicy => {
    const { maxRetries = 3, backoff = 1, jitter = 0, on, then } = options;
    const requireThat = (holds: boolean, what: string, received: unknown) => {
      if (!holds) throw new RangeError(`Cannot make a retry policy: ${what}, received ${String(received)}`);
    };
    requireThat(
      Number.isInteger(maxRetries) && maxRetries >= 0,
      "maxRetries must be a whole number from 0",
      maxRetries,
    );
    requireThat(backoff >= 1 && Number.isFinite(backoff), "backoff must be a number from 1", backoff);
    requireThat(jitter >= 0 && jitter <= 1, "jitter must be between 0 and 1", jitter);
    requireThat(
      then === undefined || Object.hasOwn(kinds, then),
      `then must be "fail", "suspend", "terminate" or "compensate"`,
      then,
    );
    requireThat(
      on === undefined || Array.isArray(on) && on.every((name) => typeof name === "string"),
      "on must be a list of error codes or class names",
      on,
    );
    return Object.freeze({
      kind: "retry",
      interval: parseDuration(options.interval ?? "1s"),
      maxRetries,
      backoff,
      maxInterval: parseDuration(options.maxInterval ?? "1h"),
      jitter,
      ...(on && { on: Object.freeze([...on]) }),
      ...(then && { then }),
    });
  },
  suspend: () => kinds.suspend,
  terminate: () => kinds.terminate,
  fail: () => kinds.fail,
  compensate: () => kinds.compensate,
});
