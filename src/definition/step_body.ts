import type { StepDefinition } from "./definition.ts";
import { ExecutionResult } from "./execution_result.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { StandardSchema } from "./standard_schema.ts";
import type { StepContext } from "./step_context.ts";
import type { TemplateParts } from "./template.ts";

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
   * What `config` of its steps must be: checked where a host comes to know both a definition and the executor. A place
   * with an expression is not: its value is known when the step runs. It has to answer at once, not by a promise.
   */
  readonly schema?: StandardSchema;
  /**
   * Puts the values of its expressions in a text of the definition: in what the engine itself needs of a step, like the
   * name of its lock. Without it, such a text cannot have any.
   */
  renderText?(text: TemplateParts, ctx: StepContext): string;
  /**
   * Does the work of the step. Its settings are `ctx.step.config`. When `ctx.signal` aborts, ends what it
   * started and throws `ctx.signal.reason`.
   */
  run(ctx: StepContext): Promise<ExecutionResult>;
  /**
   * Told of steps of its type, as soon as the host may have to run them: to get ready for them in the background.
   * Must not throw.
   */
  prepare?(steps: readonly StepDefinition[]): void;
  /** Called when the host has stopped, its steps have ended: lets go of what stands ready. It may be used again. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** What a body has returned, as a result. */
export function toExecutionResult(returned: StepReturn): ExecutionResult {
  return returned instanceof ExecutionResult
    ? returned
    : ExecutionResult.next(returned as JsonValue | undefined);
}
