import type { Attributes } from "../definition/attributes.ts";
import { checkEvent } from "../definition/check_text.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { Lock } from "../definition/lock.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { StepFunction, StepReturn } from "../definition/step_body.ts";
import type { PauseRequest } from "../flow/settle_request.ts";
import type { NewEvent } from "../instance/transition.ts";
import type { LockLostError } from "../provider/errors.ts";
import type { Clock } from "./clock.ts";
import { StepInterruptedError, StepTimeoutError } from "./errors.ts";
import { AttemptContext, type ContextParts } from "./step_context.ts";

/** How an attempt ended. */
export type Outcome =
  | {
    readonly kind: "success";
    readonly output: JsonValue;
    readonly outcome?: JsonValue;
    readonly change: (data: JsonObject) => JsonObject;
    readonly changeAttributes: ((attributes: Attributes) => Attributes) | null;
    readonly published: readonly NewEvent[];
  }
  | { readonly kind: "paused"; readonly request: PauseRequest }
  | { readonly kind: "failed"; readonly thrown: unknown }
  | { readonly kind: "interrupted" };

/** Milliseconds that a body has to end after its signal aborted; then it is abandoned. */
export const abortGrace = 10_000;

/** What an attempt is made of. */
export interface AttemptParts {
  /** Does the work. */
  readonly body: StepFunction;
  /** What its context is made of. */
  readonly context: Omit<ContextParts, "signal">;
  /** Takes the lock without which the body does not begin. */
  readonly lock?: (context: StepContext) => Promise<Lock>;
  /** Milliseconds it may take. */
  readonly timeout: number | undefined;
  /** Time for the timeout and the grace. */
  readonly clock: Clock;
  /** Called once, when the attempt is over. */
  readonly over: (outcome: Outcome) => void;
}

/** One run of one step body: bounded by its timeout, cut short by {@linkcode interrupt}. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #context: AttemptContext;
  /** Made when it is needed: most bodies never look at their signal. */
  #abort: AbortController | null = null;
  #timer: Disposable | null = null;
  #grace: Disposable | null = null;
  #letClockGo: (() => void) | null = null;
  #isOver = false;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#context = new AttemptContext({ ...parts.context, signal: () => this.#controller.signal });
  }

  /** Calls the body, as soon as it has its lock, if it needs one. */
  begin(): void {
    if (this.#isOver) return;
    const { lock } = this.#parts;
    if (!lock) return this.#run();
    lock(this.#context).then((held) => this.#runUnder(held), (thrown) => this.#failed(thrown));
  }

  #runUnder({ signal }: Lock): void {
    const lose = () => this.#cutShort(signal.reason);
    if (signal.aborted) lose();
    signal.addEventListener("abort", lose);
    this.#run();
  }

  #run(): void {
    if (this.#isOver) return;
    if (this.#abort?.signal.aborted) return this.#failed(this.#abort.signal.reason);
    const { body, timeout, clock } = this.#parts;
    this.#letClockGo = clock.hold?.() ?? null;
    if (timeout !== undefined) {
      const { key } = this.#context.step;
      this.#timer = clock.schedule(timeout, () => this.#cutShort(new StepTimeoutError(key, timeout)));
    }
    let returned: StepReturn | Promise<StepReturn>;
    try {
      returned = body(this.#context);
      // What is returned is the body's: to look at it may throw as well.
      if (isPromise(returned)) {
        Promise.resolve(returned).then((value) => this.#returned(value), (thrown) => this.#failed(thrown));
        return;
      }
    } catch (thrown) {
      return this.#failed(thrown);
    }
    this.#returned(returned);
  }

  /** Aborts the body's signal; however it ends then, unless it succeeds, uses up no retry. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.#cutShort(new StepInterruptedError(trigger));
  }

  /** The attempt will not begin. */
  giveUp(): void {
    this.#end({ kind: "interrupted" });
  }

  get #controller(): AbortController {
    return this.#abort ??= new AbortController();
  }

  #cutShort(reason: StepInterruptedError | StepTimeoutError | LockLostError): void {
    if (this.#isOver || this.#abort?.signal.aborted) return;
    this.#controller.abort(reason);
    // A body that does not end by itself would hold a clock for ever.
    this.#letClockGo?.();
    this.#letClockGo = null;
    this.#grace = this.#parts.clock.schedule(abortGrace, () => this.#failed(reason));
  }

  #returned(value: StepReturn): void {
    let outcome: Outcome;
    try {
      outcome = readReturn(value, this.#context, this.#parts.context.limits.output);
    } catch (thrown) {
      return this.#failed(thrown);
    }
    this.#end(outcome);
  }

  #failed(thrown: unknown): void {
    const signal = this.#abort?.signal;
    if (!signal?.aborted) return this.#end({ kind: "failed", thrown });
    this.#end(
      signal.reason instanceof StepInterruptedError
        ? { kind: "interrupted" }
        : { kind: "failed", thrown: signal.reason },
    );
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#grace?.[Symbol.dispose]();
    this.#letClockGo?.();
    this.#parts.over(outcome);
  }
}

function isPromise(returned: StepReturn | Promise<StepReturn>): returned is Promise<StepReturn> {
  return typeof returned === "object" && returned !== null && "then" in returned &&
    typeof returned.then === "function";
}

/** `limit` is how many bytes each value may have. */
function readReturn(returned: StepReturn, ctx: AttemptContext, limit: number): Outcome {
  const { request } = returned instanceof ExecutionResult
    ? returned
    : ExecutionResult.next(returned as JsonValue);
  if (request.kind === "event") {
    checkEvent("wait for an event", request.name, request.key);
    ctx.keep({ name: request.name, key: request.key }, "event", limit);
  }
  if (request.kind !== "next" && request.kind !== "outcome") {
    const values = request.kind === "branch" ? { values: ctx.keep(request.values, "values", limit) } : {};
    const state = request.state === undefined ? {} : { state: ctx.keep(request.state, "state", limit) };
    return { kind: "paused", request: { ...request, ...values, ...state } };
  }
  const success = {
    kind: "success",
    change: (data: JsonObject) => ctx.changeData(data),
    changeAttributes: ctx.changeAttributes,
    published: ctx.published,
  } as const;
  if (request.kind === "next") {
    const { output } = request;
    return { ...success, output: output === undefined ? null : ctx.keep(output, "output", limit) };
  }
  const value = ctx.keep(request.value, "outcome", limit);
  return { ...success, output: value, outcome: value };
}
