import type { ChainEnd } from "./added_step.ts";
import type { Verbs } from "./verbs.ts";

/** A branch without a step: any verb may come first. */
export interface BranchBuilder<Data> extends Verbs<Data> {
  /** A branch needs a step: return what a verb gives. */
  readonly isEmpty: true;
  /**
   * Makes an outcome lead to a step by its id or name. Other branches cannot be left this way: each is a scope of its
   * own.
   */
  attach(step: string): ChainEnd<Data>;
}

/** A branch that has a step. */
export interface Branch {
  /** Whether it has no step. */
  readonly isEmpty: false;
}

/** Describes a branch: gets a builder and returns what became of it. */
export type BranchFunction<Data> = (branch: BranchBuilder<Data>) => Branch;

/** The branches of a `parallel`, none so far. */
export interface ParallelBuilder<Data> {
  /** Adds a branch. */
  branch(branch: BranchFunction<Data>): ParallelBranches<Data>;
}

/** The branches of a `parallel`. */
export interface ParallelBranches<Data> extends ParallelBuilder<Data> {
  /** How many there are. */
  readonly branchCount: number;
}
