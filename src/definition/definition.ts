import type { ErrorPolicy } from "./error_behavior.ts";
import type { JsonObject } from "./json.ts";

/**
 * The immutable description of a workflow: plain, frozen, JSON-able data, made by the builder or from YAML.
 * It holds expressions and keys, never values: bodies are found by step key, variables live on the instance.
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
  /** The steps; the run begins at the first. */
  readonly steps: readonly StepDefinition[];
  /** Never there: carries the data's type at compile time. */
  readonly "~data"?: Data;
}

/** One step of a definition and its wiring. */
export interface StepDefinition {
  /** Unique within the definition: explicit id, else name, else path and kind. Records are found by it. */
  readonly key: string;
  /** Name for people. */
  readonly name?: string;
  /** `code` for a body in the program, else the type of the executor that runs it (`shell`, `deno`, …). */
  readonly type: string;
  /** What the executor of this type needs, in the shape its schema describes. */
  readonly config?: JsonObject;
  /** Milliseconds an attempt may take. */
  readonly timeout?: number;
  /** What happens when this step fails. */
  readonly onError?: ErrorPolicy;
  /** Keys of the steps that follow. None: the branch ends here. */
  readonly next?: readonly string[];
  /** The run ends when this step is reached, from any branch. */
  readonly end?: true;
}

/** The step of a definition with this key. */
export function getStep(definition: WorkflowDefinition, key: string): StepDefinition {
  const step = definition.steps.find((step) => step.key === key);
  if (!step) throw new Error(`Definition ${definition.id} has no step with key "${key}"`);
  return step;
}
