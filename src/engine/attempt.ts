import { frozenJson } from "../definition/canonical_json.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { StepFunction, StepReturn } from "../definition/step_body.ts";
import { type Clock, pause } from "./clock.ts";
import { StepInterruptedError, StepTimeoutError } from "./errors.ts";
import { AttemptContext, type ContextParts } from "./step_context.ts";

/** How an attempt ended. */
export type Outcome =
  | {
    readonly kind: "next";
    readonly output: JsonValue | null;
    readonly change: (data: JsonObject) => JsonObject;
  }
  | { readonly kind: "sleep"; readonly duration: number; readonly state: JsonValue | null }
  | { readonly kind: "failed"; readonly thrown: unknown }
  | { readonly kind: "interrupted" };

/** Milliseconds that a body has to end after its signal aborted; then it is abandoned. */
const abortGrace = 10_000;

/** One run of one step body: started at once, bounded by its timeout, cut short by {@linkcode interrupt}. */
export class Attempt {
  /** Resolves, and never rejects, when the attempt is over. */
  readonly outcome: Promise<Outcome>;
  readonly #abort = new AbortController();

  constructor(body: StepFunction, parts: Omit<ContextParts, "signal">, clock: Clock) {
    this.outcome = this.#run(body, new AttemptContext({ ...parts, signal: this.#abort.signal }), clock);
  }

  /** Aborts the body's signal; however it ends then, unless it succeeds, uses up no retry. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.#abort.abort(new StepInterruptedError(trigger));
  }

  async #run(body: StepFunction, ctx: AttemptContext, clock: Clock): Promise<Outcome> {
    const { key, timeout } = ctx.step;
    const timer = timeout === undefined
      ? null
      : clock.schedule(timeout, () => this.#abort.abort(new StepTimeoutError(key, timeout)));
    const over = new AbortController();
    try {
      return readReturn(await Promise.race([callBody(body, ctx), this.#abandoned(clock, over.signal)]), ctx);
    } catch (thrown) {
      const { aborted, reason } = this.#abort.signal;
      if (!aborted) return { kind: "failed", thrown };
      return reason instanceof StepInterruptedError
        ? { kind: "interrupted" }
        : { kind: "failed", thrown: reason };
    } finally {
      timer?.[Symbol.dispose]();
      over.abort();
    }
  }

  /** Rejects when the body has not ended in time after the abort. */
  async #abandoned(clock: Clock, over: AbortSignal): Promise<never> {
    const { signal } = this.#abort;
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    over.addEventListener("abort", () => aborted.resolve(), { once: true });
    await aborted.promise;
    await pause(clock, abortGrace, over);
    throw signal.reason;
  }
}

/** A body may throw before its first await. */
// deno-lint-ignore require-await
async function callBody(body: StepFunction, ctx: AttemptContext): Promise<StepReturn> {
  return body(ctx);
}

function readReturn(returned: StepReturn, ctx: AttemptContext): Outcome {
  const { request } = returned instanceof ExecutionResult
    ? returned
    : ExecutionResult.next(returned as JsonValue);
  if (request.kind === "sleep") {
    const { duration, state } = request;
    return { kind: "sleep", duration, state: state === undefined ? null : frozenJson(state, "state") };
  }
  const { output } = request;
  return {
    kind: "next",
    output: output === undefined ? null : frozenJson(output, "output"),
    change: (data) => ctx.changeData(data),
  };
}
