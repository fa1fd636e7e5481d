import { type Duration, parseDuration } from "./duration.ts";
import type { JsonValue } from "./json.ts";

/** What a body asks for, in a form that can be looked at. */
export type Request =
  | { readonly kind: "next"; readonly output?: JsonValue }
  | { readonly kind: "sleep"; readonly duration: number; readonly state?: JsonValue };

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

  /** Enter the body again after `duration`, with `state` as its `ctx.state`. The pause survives restarts. */
  static sleep(duration: Duration, state?: JsonValue): ExecutionResult {
    const pause = parseDuration(duration);
    return new ExecutionResult(
      state === undefined ? { kind: "sleep", duration: pause } : { kind: "sleep", duration: pause, state },
    );
  }
}
