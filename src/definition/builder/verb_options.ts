import type { Expression } from "../code.ts";
import type { Duration } from "../duration.ts";
import type { BranchFunction } from "./branch.ts";

/** Options of `forEach`. */
export interface ForEachOptions {
  /**
   * How many items at most are worked on at the same time.
   * @default all
   */
  readonly concurrency?: number;
  /**
   * Works on one item after the other: a concurrency of 1.
   * @default false
   */
  readonly sequential?: boolean;
  /**
   * Whether the results of the branches become the step's output, in the order of the items. Without them the output
   * is null, and a branch that is over costs no memory.
   * @default true
   */
  readonly results?: boolean;
  /**
   * Whether a failure with one item cancels the others, or waits for them first.
   * @default "cancel"
   */
  readonly errors?: "cancel" | "wait";
}

/** Options of `parallel`. */
export interface ParallelOptions {
  /**
   * Goes on when all branches have ended, or when the first has: then the others are cancelled.
   * @default "all"
   */
  readonly wait?: "all" | "any";
  /**
   * Whether a failure in one branch cancels the others, or waits for them first.
   * @default "cancel"
   */
  readonly errors?: "cancel" | "wait";
}

/** Options of `saga`. */
export interface SagaOptions {
  /**
   * What follows once everything is undone: the run fails, or goes on behind the saga.
   * @default "fail"
   */
  readonly then?: "fail" | "continue";
}

/** Options of `waitFor`. */
export interface WaitForOptions<Data> {
  /**
   * How long to wait.
   * @default forever
   */
  readonly timeout?: Duration;
  /**
   * Runs when the timeout is over; then the flow goes on behind the step.
   * @default the step fails with `WaitTimeoutError`
   */
  readonly onTimeout?: BranchFunction<Data>;
  /**
   * Events that happened earlier do not count: a date, or milliseconds since 1970.
   * @default the start of the run
   */
  readonly since?: Date | number | Expression<Date | number, Data>;
}
