/** A text or number that is no usable duration. */
export class InvalidDurationError extends RangeError {
  /** Tells this error from others. */
  readonly code = "INVALID_DURATION";
  /** What was given. */
  readonly received: string | number;

  /** `why` completes the sentence and names the remedy. */
  constructor(received: string | number, why: string) {
    super(
      `Cannot use a duration: ${why}, received ${
        typeof received === "string" ? JSON.stringify(received) : received
      }`,
    );
    this.name = "InvalidDurationError";
    this.received = received;
  }
}

/** A value that has no faithful JSON form, or is too large. */
export class InvalidJsonError extends TypeError {
  /** Tells this error from others. */
  readonly code = "INVALID_JSON";
  /** Where in the value, like `data.items[3].price`. */
  readonly path: string;

  /** `path` names the place, `why` what is wrong there. */
  constructor(path: string, why: string) {
    super(`Cannot store ${path}: ${why}`);
    this.name = "InvalidJsonError";
    this.path = path;
  }
}

/** A text by which nothing can be found: not every store could keep it as it is, or index it. */
export class InvalidTextError extends TypeError {
  /** Tells this error from others. */
  readonly code = "INVALID_TEXT";
  /** Another attempt would use the same. */
  readonly retryable = false;

  /** `message` says which text it is, and what is needed. */
  constructor(message: string) {
    super(message);
    this.name = "InvalidTextError";
  }
}

/** Searchable attributes that a run cannot have. */
export class InvalidAttributesError extends TypeError {
  /** Tells this error from others. */
  readonly code = "INVALID_ATTRIBUTES";
  /** Another attempt would want the same. */
  readonly retryable = false;

  /** `why` says what is needed. */
  constructor(why: string, received: unknown) {
    super(`Cannot set attributes: ${why}, received ${describe(received)}`);
    this.name = "InvalidAttributesError";
  }
}

function describe(received: unknown): string {
  if (typeof received === "number") return String(received);
  return typeof received === "string" ? JSON.stringify(received.slice(0, 100)) : typeof received;
}

/** A value above the limit of the place it should go to. */
export class PayloadTooLargeError extends RangeError {
  /** Tells this error from others. */
  readonly code = "PAYLOAD_TOO_LARGE";
  /** Bytes of the value as JSON in UTF-8. */
  readonly bytes: number;
  /** Bytes allowed. */
  readonly limit: number;

  /** `what` names the value for people. */
  constructor(what: string, bytes: number, limit: number) {
    super(
      `Cannot store ${what}: ${bytes} bytes of JSON exceed the limit of ${limit}; keep it in a file and pass its name`,
    );
    this.name = "PayloadTooLargeError";
    this.bytes = bytes;
    this.limit = limit;
  }
}

/** A definition that cannot run. Lists everything that is wrong with it. */
export class InvalidDefinitionError extends Error {
  /** Tells this error from others. */
  readonly code = "INVALID_DEFINITION";
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[];

  /** `id` is the definition's, as given. */
  constructor(id: unknown, problems: readonly string[]) {
    super(`Cannot build workflow ${JSON.stringify(id)}: ${problems.join("; ")}`);
    this.name = "InvalidDefinitionError";
    this.problems = problems;
  }
}

/** Data that a run was to be started with, and that does not fit the workflow's input schema. */
export class InvalidInputError extends TypeError {
  /** Tells this error from others. */
  readonly code = "INVALID_INPUT";
  /** What is wrong, with its place, a sentence each. */
  readonly problems: readonly string[];

  /** `what` names the value for people. */
  constructor(what: string, problems: readonly string[]) {
    super(`Cannot use ${what}: it does not fit the input schema: ${problems.join("; ")}`);
    this.name = "InvalidInputError";
    this.problems = problems;
  }
}

/**
 * Thrown by a step body to say that another attempt cannot help: the step fails at once, whatever its retry policy.
 *
 * @example Usage
 * ```ts
 * import { NonRetryableError } from "@wfe/engine";
 *
 * function charge(card: string): void {
 *   if (card === "") throw new NonRetryableError("The order has no card");
 * }
 * ```
 */
export class NonRetryableError extends Error {
  /** Tells this error from others. */
  readonly code: string = "NON_RETRYABLE";
  /** Read by the engine: another attempt cannot help. */
  readonly retryable = false;

  /** `message` is recorded as the step's error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NonRetryableError";
  }
}

/** Thrown by a step body to choose the pause before its next attempt; it uses up a retry as any failure does. */
export class RetryAfterError extends Error {
  /** Tells this error from others. */
  readonly code: string = "RETRY_AFTER";
  /** Milliseconds to wait. */
  readonly delay: number;

  /**
   * `delay` is in milliseconds. The engine waits for whole ones, and for ten years at most.
   *
   * @throws {InvalidDurationError} when the delay is below zero or no number: a header that was not read, for instance
   */
  constructor(message: string, delay: number, options?: ErrorOptions) {
    if (typeof delay !== "number" || !(delay >= 0)) {
      throw new InvalidDurationError(
        delay,
        `a RetryAfterError (${JSON.stringify(message)}) needs milliseconds from 0`,
      );
    }
    super(message, options);
    this.name = "RetryAfterError";
    this.delay = delay;
  }
}

/** The event that a step waited for did not come in time. */
export class WaitTimeoutError extends Error {
  /** Tells this error from others. */
  readonly code = "WAIT_TIMEOUT";
  /** Read by the engine: waiting has had its time. */
  readonly retryable = false;
  /** Name of the event. */
  readonly event: string;
  /** Key of the event. */
  readonly key: string;

  /** Made by the engine. */
  constructor(event: string, key: string) {
    super(`The event ${JSON.stringify(event)} with key ${JSON.stringify(key)} did not come in time`);
    this.name = "WaitTimeoutError";
    this.event = event;
    this.key = key;
  }
}
