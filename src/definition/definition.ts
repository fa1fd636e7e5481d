import type { ErrorPolicy } from "./error_behavior.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { SecretSources } from "./secrets.ts";
import type { Template } from "./template.ts";

/**
 * The immutable description of a workflow: plain, frozen, JSON-able data, made by the builder or from YAML.
 * It holds expressions and keys, never values: code is found by step key, variables live on the instance.
 *
 * The type parameter is the shape of the workflow's data; it exists at compile time only.
 */
export interface WorkflowDefinition<Data = unknown> {
  /** Name of the workflow, unique together with `version`. */
  readonly id: string;
  /** Version, a positive integer. */
  readonly version: number;
  /** One line for people. */
  readonly description?: string;
  /** What happens when a step without a policy of its own fails. */
  readonly onError?: ErrorPolicy;
  /**
   * How many iterations of each loop are kept once they are over; failed ones always are.
   * @default { last: 100 }
   */
  readonly history?: History;
  /** Where the secrets of its steps come from, by name; the values are never part of a definition. */
  readonly secrets?: SecretSources;
  /** The steps; the run begins at the first. */
  readonly steps: readonly StepDefinition[];
  /** Never there: carries the data's type at compile time. */
  readonly "~data"?: Data;
}

/** How much of a loop's past is kept: everything, or the last iterations. */
export type History = "full" | {
  /** So many iterations of each loop, 0 or more. */
  readonly last: number;
};

/** One step of a definition and its wiring. */
export interface StepDefinition {
  /** Unique within the definition: explicit id, else name, else path and kind. Records are found by it. */
  readonly key: string;
  /** Name for people. */
  readonly name?: string;
  /** `code` for a body in the program, a {@linkcode Primitive}, else the type of the executor that runs it. */
  readonly type: string;
  /** What the primitive or the executor of this type needs, in the shape its schema describes. */
  readonly config?: JsonObject;
  /** Milliseconds an attempt may take. */
  readonly timeout?: number;
  /** The lock that each attempt holds, also of its undo. */
  readonly lock?: LockDefinition;
  /** What happens when this step fails. */
  readonly onError?: ErrorPolicy;
  /** Keys of the steps that always follow. */
  readonly next?: readonly string[];
  /** Steps that follow where the step's outcome equals a value. Where nothing follows, the branch ends. */
  readonly outcomes?: readonly Outcome[];
  /** Keys of the first step of each branch inside this step. */
  readonly branches?: readonly string[];
  /** What else of this step, beside a body of type `code`, is code of the program. Sorted. */
  readonly code?: readonly CodeRole[];
  /** How the step is undone; the undo itself is code. */
  readonly undo?: UndoDefinition;
  /** Whether the flow goes on behind the step when its `cancelWhen` has cancelled it. */
  readonly cancelProceeds?: boolean;
  /** A mark of the author's that makes another content of the same wiring, after a change of the code. */
  readonly rev?: string;
}

/** The lock of a step. Its name is here or code of the program. */
export interface LockDefinition {
  /** What is locked; in steps of executors it may be a text with expressions. */
  readonly name?: Template;
  /** Milliseconds without a sign of life after which it is free. */
  readonly ttl?: number;
  /** Milliseconds to wait for it; without it, as long as it takes. */
  readonly wait?: number;
}

/** A step that follows where the outcome equals a value. */
export interface Outcome {
  /** What the outcome must equal, as JSON. */
  readonly value: JsonValue;
  /** Key of the step that follows then. */
  readonly next: string;
}

/** How the undo of a step is run. */
export interface UndoDefinition {
  /** Milliseconds an attempt of the undo may take. */
  readonly timeout?: number;
  /** What happens when the undo fails. After the last retry the run is suspended. */
  readonly onError?: ErrorPolicy;
}

/** What the code of a step can be, beside its body. */
export type CodeRole =
  | "cancelWhen"
  | "collection"
  | "condition"
  | "duration"
  | "eventKey"
  | "input"
  | "lock"
  | "output"
  | "since"
  | "undo"
  | "value";

/** The step types that the engine itself runs. */
export const primitives = [
  "decide",
  "delay",
  "end",
  "forEach",
  "if",
  "parallel",
  "saga",
  "waitFor",
  "while",
] as const;

/** A step type that the engine itself runs. */
export type Primitive = typeof primitives[number];

/** Whether the engine itself runs steps of this type. */
export function isPrimitive(type: string): type is Primitive {
  return primitives.some((primitive) => primitive === type);
}

const stepsOf = new WeakMap<WorkflowDefinition, ReadonlyMap<string, StepDefinition>>();

/** The step of a definition with this key, or undefined. */
export function findStep(definition: WorkflowDefinition, key: string): StepDefinition | undefined {
  let steps = stepsOf.get(definition);
  if (!steps) {
    steps = new Map(definition.steps.map((step) => [step.key, step]));
    stepsOf.set(definition, steps);
  }
  return steps.get(key);
}

/** The step of a definition with this key. */
export function getStep(definition: WorkflowDefinition, key: string): StepDefinition {
  const step = findStep(definition, key);
  if (!step) throw new Error(`Definition ${definition.id} has no step with key "${key}"`);
  return step;
}
