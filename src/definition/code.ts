import type { WorkflowDefinition } from "./definition.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { StandardSchema } from "./standard_schema.ts";
import type { StepFunction } from "./step_body.ts";

/** What a condition, input or other expression of a step sees beside the data. Frozen. */
export interface Scope {
  /** The value of the branch: the item of a `forEach`, else null. */
  readonly item: JsonValue;
  /** Which branch of its container it is, from 0: position of the item, number of the iteration. */
  readonly index: number;
  /** The run's variables. */
  readonly vars: JsonObject;
}

/** An expression of a step: a synchronous function of the data that changes nothing. */
export type Expression<Result = unknown, Data = JsonObject> = (data: Readonly<Data>, scope: Scope) => Result;

/** Changes data by what a step produced: returns the top-level keys to replace; `undefined` deletes a key. */
export type OutputMapping<Output = unknown, Data = JsonObject> = (
  output: Output,
  data: Readonly<Data>,
  scope: Scope,
) => { readonly [Key in keyof Data]?: Data[Key] | undefined };

/** The code of one step, in this program. */
export interface StepCode {
  /** Does the work of a step of type `code`. */
  readonly body?: StepFunction;
  /** Takes back what the step did. */
  readonly undo?: StepFunction;
  /** Of `if` and `while`. */
  readonly condition?: Expression;
  /** Of `forEach`: the items, anything that can be iterated. */
  readonly collection?: Expression;
  /** Of `decide`: the outcome. */
  readonly value?: Expression;
  /** What the body gets as `ctx.input`; recorded when the activation begins. */
  readonly input?: Expression;
  /** What is locked while an attempt runs. */
  readonly lock?: Expression;
  /** Applied when the step has succeeded, to the newest data. */
  readonly output?: OutputMapping;
  /** Of `waitFor`: the key of the event. */
  readonly eventKey?: Expression;
  /** Of `waitFor`: only events from this time on count, in milliseconds since 1970, or a date. */
  readonly since?: Expression;
  /** Of `delay`. */
  readonly duration?: Expression;
  /** The step is cancelled as soon as this is true. */
  readonly cancelWhen?: Expression;
}

/** What belongs to a definition in this program without being part of its data. */
export interface DefinitionCode {
  /** Code by step key. */
  readonly steps: ReadonlyMap<string, StepCode>;
  /** Variables for the runs that this program starts. */
  readonly vars: JsonObject;
  /** What the runs that this program starts are found by, of their id and first data. */
  readonly attributes?: (run: { readonly id: string; readonly data: JsonObject }) => JsonObject;
  /** What the data of a run that this program starts must fit. */
  readonly input?: StandardSchema;
}

const codeOf = new WeakMap<object, DefinitionCode>();

const nothing: DefinitionCode = Object.freeze({
  steps: new Map<string, StepCode>(),
  vars: Object.freeze({}),
});

/** Ties code to a definition. A copy of the definition, through JSON for instance, has none. */
export function attachCode(definition: WorkflowDefinition, code: Partial<DefinitionCode>): void {
  codeOf.set(definition, { ...nothing, ...code });
}

/** The code tied to a definition; empty where there is none. */
export function getCode(definition: WorkflowDefinition): DefinitionCode {
  return codeOf.get(definition) ?? nothing;
}
