import { type Duration, parseDuration } from "./duration.ts";
import type { JsonValue } from "./json.ts";
import { timeOf } from "./time.ts";

/** What a body asks for, in a form that can be looked at. */
export type Request =
  | { readonly kind: "next"; readonly output?: JsonValue }
  | { readonly kind: "outcome"; readonly value: JsonValue }
  | { readonly kind: "persist"; readonly state: JsonValue }
  | { readonly kind: "branch"; readonly values: readonly JsonValue[]; readonly state?: JsonValue }
  | { readonly kind: "sleep"; readonly duration: number; readonly state?: JsonValue }
  | {
    readonly kind: "event";
    readonly name: string;
    readonly key: string;
    readonly since?: number;
    readonly timeout?: number;
    readonly state?: JsonValue;
  };

/** Options of {@linkcode ExecutionResult.waitForEvent}. */
export interface WaitForEventOptions {
  /**
   * How long to wait; then the step fails with `WaitTimeoutError`.
   * @default forever
   */
  readonly timeout?: Duration;
  /**
   * Only events published with this time or a later one count.
   * @default the start of the run
   */
  readonly since?: Date | number;
  /** What the body finds as `ctx.state` when it is entered again. */
  readonly state?: JsonValue;
}

/**
 * What a step body asks the engine to do next.
 *
 * @example Finishing with an output
 * ```ts
 * import { ExecutionResult } from "@wfe/engine";
 *
 * const result = ExecutionResult.next({ total: 42 });
 * ```
 */
export class ExecutionResult {
  /** What is asked for. */
  readonly request: Request;

  private constructor(request: Request) {
    this.request = request;
  }

  /** The step has succeeded; `output` is recorded and the flow goes on. */
  static next(output?: JsonValue): ExecutionResult {
    return new ExecutionResult(output === undefined ? { kind: "next" } : { kind: "next", output });
  }

  /** The step has succeeded; the flow goes on where the step's outcomes lead for `value`, which is its output too. */
  static outcome(value: JsonValue): ExecutionResult {
    return new ExecutionResult({ kind: "outcome", value });
  }

  /** Keep `state` and enter the body again at once. Uses up no retry. */
  static persist(state: JsonValue): ExecutionResult {
    return new ExecutionResult({ kind: "persist", state });
  }

  /**
   * Run the branch inside the step once for each value, all at the same time, then enter the body again with `state`
   * as its `ctx.state` and the branches' results, in the order of the values, as `ctx.branches`.
   */
  static branch(values: readonly JsonValue[], state?: JsonValue): ExecutionResult {
    return new ExecutionResult(
      state === undefined ? { kind: "branch", values } : { kind: "branch", values, state },
    );
  }

  /** Enter the body again after `duration`, with `state` as its `ctx.state`. The pause survives restarts. */
  static sleep(duration: Duration, state?: JsonValue): ExecutionResult {
    const pause = parseDuration(duration);
    return new ExecutionResult(
      state === undefined ? { kind: "sleep", duration: pause } : { kind: "sleep", duration: pause, state },
    );
  }

  /**
   * Enter the body again when an event with this name and key was published; it is `ctx.event` then.
   *
   * @throws {RangeError} when `since` is no time
   * @throws {InvalidDurationError} when the timeout is no duration
   */
  static waitForEvent(name: string, key: string, options: WaitForEventOptions = {}): ExecutionResult {
    const { timeout, state } = options;
    const since = timeOf(options.since);
    if (options.since !== undefined && since === undefined) {
      throw new RangeError(
        `Cannot wait for event ${
          JSON.stringify(name)
        }: \`since\` must be a date or milliseconds since 1970, received ${String(options.since)}`,
      );
    }
    return new ExecutionResult({
      kind: "event",
      name,
      key,
      ...(timeout !== undefined && { timeout: parseDuration(timeout) }),
      ...(since !== undefined && { since }),
      ...(state !== undefined && { state }),
    });
  }
}
