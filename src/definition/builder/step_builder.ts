import type { Expression } from "../code.ts";
import type { Duration } from "../duration.ts";
import type { JsonValue } from "../json.ts";
import type { StepLockOptions } from "../lock.ts";
import type { Template } from "../template.ts";
import type { AddedStep } from "./added_step.ts";
import type { BranchFunction } from "./branch.ts";

/** A chain whose last step has a body: code, or an executor's. */
export interface StepBuilder<Data, Output = JsonValue> extends AddedStep<Data, Output> {
  /**
   * Bounds one attempt of the step.
   *
   * @throws {InvalidDurationError} when it is no duration
   */
  timeout(duration: Duration): this;

  /**
   * Holds a lock while an attempt of the step runs, until its result is recorded, as `ctx.lock` does. The attempt begins
   * when it has the lock: only then its timeout. Where the lock is lost, `ctx.signal` aborts, and the attempt fails with
   * a `LockLostError`. The same is true of an undo of the step, which takes the lock that the step had.
   *
   * @param name what is locked, on all hosts, or a function of the data as the attempt sees it: 1 to 1,024 bytes in UTF-8;
   * in steps of executors also a text with expressions, as `compileTemplate` makes it. Of a step with an undo it is
   * computed once, for all attempts and the undo
   * @throws {InvalidDurationError} when a time is none, or the ttl shorter than a second
   */
  lock(name: Template | Expression<string, Data>, options?: StepLockOptions): this;

  /** Computes what the body gets as `ctx.input`, once, when the activation begins. */
  input(value: Expression<JsonValue, Data>): this;

  /** The branch that the body may ask for by `ExecutionResult.branch(values)`: run once for each value. */
  do(branch: BranchFunction<Data>): this;

  /**
   * What follows where the body returns `ExecutionResult.outcome(value)`. Where nothing fits, or the body returns
   * something else, the branch ends.
   */
  outcome(value: JsonValue, branch: BranchFunction<Data>): this;
}

/** A chain whose last step is a `decide`. */
export interface DecideBuilder<Data, Value extends JsonValue> extends AddedStep<Data, Value> {
  /** What follows where the value equals this one. */
  outcome(value: Value, branch: BranchFunction<Data>): this;
}

/** A chain whose last step is an `ifDo` without `else`. */
export interface IfBuilder<Data> extends AddedStep<Data, null> {
  /** Adds the branch for where the condition does not hold. */
  else(branch: BranchFunction<Data>): AddedStep<Data, null>;
}
