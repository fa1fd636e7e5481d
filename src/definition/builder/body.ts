import type { ExecutionResult } from "../execution_result.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { StepClass, StepFunction, StepReturn } from "../step_body.ts";

/** The code of a step: a class with `run(ctx)`, or a function of `ctx`. */
export type Body<Data = JsonObject, Return extends StepReturn = StepReturn> =
  | StepClass<Data, Return>
  | StepFunction<Data, Return>;

/** A step that an executor runs, such as a shell command. */
export interface ExecutorStep {
  /** Type of the step: an executor of this type must be set up on the host. */
  readonly type: string;
  /** What the executor needs. */
  readonly config?: JsonObject;
}

/** What is recorded of a body's return value. */
export type OutputOf<Return> = Return extends ExecutionResult ? JsonValue
  : Return extends JsonValue ? Return
  : null;

/** Makes one function of a class or function. A class is made anew for each attempt. */
export function toStepFunction<Data>(body: Body<Data>): StepFunction<Data> {
  return isStepClass(body) ? (ctx) => new body().run(ctx) : body;
}

function isStepClass<Data>(body: Body<Data>): body is StepClass<Data> {
  // Also where `run` is a field of the class: only what `class` made has a prototype that cannot be replaced.
  return typeof body.prototype?.run === "function" ||
    Object.getOwnPropertyDescriptor(body, "prototype")?.writable === false;
}
