import type { ExecutionResult } from "./execution_result.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { StepContext } from "./step_context.ts";

/** What a body may return: a result, a plain output, or nothing. */
export type StepReturn = ExecutionResult | JsonValue | void;

/** A step as a class: made anew for each attempt. */
export interface StepBody<Data = JsonObject, Return extends StepReturn = StepReturn> {
  /** Does the work of the step. A thrown error is a failure of the step. */
  run(ctx: StepContext<Data>): Return | Promise<Return>;
}

/** A step as a class. */
export type StepClass<Data = JsonObject, Return extends StepReturn = StepReturn> = new () => StepBody<
  Data,
  Return
>;

/** A step as a function. */
export type StepFunction<Data = JsonObject, Return extends StepReturn = StepReturn> = (
  ctx: StepContext<Data>,
) => Return | Promise<Return>;

/** Runs the steps of one type, found by {@linkcode StepDefinition.type}. */
export interface StepExecutor {
  /** The step type that it runs, for instance `shell`. */
  readonly type: string;
  /**
   * Does the work of the step. Its settings are `ctx.step.config`. When `ctx.signal` aborts, ends what it
   * started and throws `ctx.signal.reason`.
   */
  run(ctx: StepContext): Promise<ExecutionResult>;
}
