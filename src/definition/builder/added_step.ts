import type { Expression, OutputMapping } from "../code.ts";
import type { WorkflowDefinition } from "../definition.ts";
import type { Duration } from "../duration.ts";
import type { ErrorPolicy } from "../error_behavior.ts";
import type { JsonValue } from "../json.ts";
import type { Body } from "./body.ts";
import type { Branch } from "./branch.ts";
import type { Verbs } from "./verbs.ts";

/** A chain that can be built: `name`, `onError` and the like are about the step that was added last. */
export interface AddedStep<Data, Output> extends Verbs<Data>, Branch {
  /**
   * Names the step; its records are found by this name unless it has an id. Unique within the workflow. A step without
   * name and id is found by its place, like `4:if/then/1:AddGift`: runs in flight lose it when steps before it change.
   */
  name(name: string): this;

  /** Gives the step a key of its own, so that its name can change while runs are in flight. */
  id(id: string): this;

  /** Marks a revision of the step's code: a workflow with another mark is another revision. */
  rev(rev: string): this;

  /** Says what happens when the step fails. */
  onError(policy: ErrorPolicy): this;

  /**
   * Says how to take the step back: a class or function that sees the activation as `ctx.undoing`. It runs when a saga
   * around the step is undone, or when the step's policy is `compensate`.
   *
   * @throws {InvalidDurationError} when the timeout is no duration
   */
  compensateWith(body: Body<Data>, options?: CompensateOptions): this;

  /** Cancels the step as soon as a condition on the data holds. */
  cancelWhen(condition: Expression<boolean, Data>, options?: CancelWhenOptions): this;

  /**
   * Changes the data by what the step produced: a function that returns the top-level keys to replace, or the key under
   * which the output is stored. Applied to the newest data when the step has succeeded.
   */
  output(mapping: OutputMapping<Output, Data> | OutputKey<Data, Output>): this;

  /**
   * Goes on at another step of the same scope, by its id or name: further on, or back for a loop. Nothing can follow.
   */
  attach(step: string): ChainEnd<Data>;

  /**
   * Checks the workflow and returns it as frozen data.
   *
   * @param id name of the workflow
   * @param version a whole number from 1
   * @throws {InvalidDefinitionError} listing everything that is wrong
   */
  build(id: string, version: number): WorkflowDefinition<Data>;
}

/** A chain that has come to its end: it leads elsewhere, or ends the run. Nothing can follow. */
export interface ChainEnd<Data> extends Branch {
  /**
   * Checks the workflow and returns it as frozen data.
   *
   * @param id name of the workflow
   * @param version a whole number from 1
   * @throws {InvalidDefinitionError} listing everything that is wrong
   */
  build(id: string, version: number): WorkflowDefinition<Data>;
}

/** The top-level keys of the data that can hold an output. */
export type OutputKey<Data, Output> = {
  [Key in keyof Data & string]-?: JsonValue extends Output ? Key : [Output] extends [Data[Key]] ? Key : never;
}[keyof Data & string];

/** Options of `compensateWith`. */
export interface CompensateOptions {
  /**
   * Bounds one attempt of the undo.
   * @default none
   */
  readonly timeout?: Duration;
  /**
   * What happens when the undo fails. After the last retry the run is suspended.
   * @default three retries, from 1s on
   */
  readonly onError?: ErrorPolicy;
}

/** Options of `cancelWhen`. */
export interface CancelWhenOptions {
  /**
   * Whether the flow goes on behind the cancelled step, or its branch ends there.
   * @default false
   */
  readonly proceed?: boolean;
}
