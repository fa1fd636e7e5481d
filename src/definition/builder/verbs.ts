import type { Expression } from "../code.ts";
import type { Duration } from "../duration.ts";
import type { JsonValue } from "../json.ts";
import type { StepFunction, StepReturn } from "../step_body.ts";
import type { AddedStep, ChainEnd } from "./added_step.ts";
import type { Body, ExecutorStep, OutputOf } from "./body.ts";
import type { BranchFunction, ParallelBranches, ParallelBuilder } from "./branch.ts";
import type { DecideBuilder, IfBuilder, StepBuilder } from "./step_builder.ts";
import type { ForEachOptions, ParallelOptions, SagaOptions, WaitForOptions } from "./verb_options.ts";

/**
 * What may come next: each verb adds a step behind the last one. Behind a step with outcomes, the next step follows
 * the ends of its outcomes.
 *
 * Conditions and other expressions get the data and the scope (`item`, `index`, `vars`). They must be synchronous and
 * change nothing. What they throw is a failure of their step.
 */
export interface Verbs<Data> {
  /** Adds a step: a class with `run(ctx)`, a function of `ctx`, or `{ type, config }` for a step of an executor. */
  then<Return extends StepReturn>(
    step: Body<Data, Return> | ExecutorStep,
  ): StepBuilder<Data, OutputOf<Return>>;

  /** Adds a step: a function of `ctx`. */
  thenFn<Return extends StepReturn>(body: StepFunction<Data, Return>): StepBuilder<Data, OutputOf<Return>>;

  /** Computes a value; `outcome` says where each leads. Where none fits, the branch ends. */
  decide<Value extends JsonValue>(value: Expression<Value, Data>): DecideBuilder<Data, Value>;

  /** Runs a branch if the condition holds; `else` adds one for where it does not. Evaluated once. */
  ifDo(condition: Expression<boolean, Data>, then: BranchFunction<Data>): IfBuilder<Data>;
  /** Runs one branch or the other. The condition is evaluated once. */
  ifDo(
    condition: Expression<boolean, Data>,
    then: BranchFunction<Data>,
    otherwise: BranchFunction<Data>,
  ): AddedStep<Data, null>;

  /** Runs a branch again and again while the condition holds. `scope.index` counts the iterations from 0. */
  whileDo(condition: Expression<boolean, Data>, body: BranchFunction<Data>): AddedStep<Data, null>;

  /**
   * Runs a branch for each item of a collection: all at the same time, unless told otherwise. The collection is
   * evaluated once; the item is `ctx.item` and `scope.item`.
   *
   * @throws {RangeError} when the concurrency is no whole number from 1
   */
  forEach(
    collection: Expression<Iterable<unknown>, Data>,
    body: BranchFunction<Data>,
    options?: ForEachOptions,
  ): AddedStep<Data, JsonValue>;

  /** Runs branches at the same time: `(p) => p.branch(…).branch(…)`. */
  parallel(
    branches: (parallel: ParallelBuilder<Data>) => ParallelBranches<Data>,
    options?: ParallelOptions,
  ): AddedStep<Data, JsonValue>;

  /**
   * Runs a branch of which everything is undone, by `compensateWith`, when a step inside fails. `onError` behind it
   * can have the whole tried again.
   */
  saga(body: BranchFunction<Data>, options?: SagaOptions): AddedStep<Data, JsonValue>;

  /**
   * Waits for an event, whose data is the step's output.
   *
   * @param event name of the event
   * @param key what it is about
   */
  waitFor(
    event: string,
    key: string | Expression<string | number, Data>,
    options?: WaitForOptions<Data>,
  ): AddedStep<Data, JsonValue>;

  /** Waits for a time that survives restarts: milliseconds, or text like `"30m"`. */
  delay(duration: Duration | Expression<Duration, Data>): AddedStep<Data, null>;

  /** Ends the run as Complete, from any branch. */
  endWorkflow(): ChainEnd<Data>;
}
