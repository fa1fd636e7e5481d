import type { StepCode } from "../code.ts";
import type { LockDefinition, UndoDefinition } from "../definition.ts";
import type { ErrorPolicy } from "../error_behavior.ts";
import type { JsonObject, JsonValue } from "../json.ts";

/** What the builder knows of one step before it is built. */
export interface StepDraft {
  /** As in the definition. */
  readonly type: string;
  /** What a key made from the step's place calls it. */
  readonly kind: string;
  /** Explicit key. */
  readonly id?: string;
  /** As in the definition. */
  readonly name?: string;
  /** As in the definition. */
  readonly config?: JsonObject;
  /** Milliseconds. */
  readonly timeout?: number;
  /** As in the definition. */
  readonly lock?: LockDefinition;
  /** As in the definition. */
  readonly onError?: ErrorPolicy;
  /** As in the definition. */
  readonly undo?: UndoDefinition;
  /** As in the definition. */
  readonly cancelProceeds?: true;
  /** As in the definition. */
  readonly rev?: string;
  /** Body and expressions. */
  readonly code: StepCode;
  /** Branches inside the step, in order. */
  readonly branches: readonly BranchDraft[];
  /** What follows by outcome: in the step's own scope. */
  readonly outcomes: readonly OutcomeDraft[];
}

/** A jump to a step by id or name. Nothing follows it. */
export interface JumpDraft {
  /** Id or name of the step. */
  readonly to: string;
}

/** A branch inside a step. */
export interface BranchDraft {
  /** What keys call it. */
  readonly label: string;
  /** What is in it. */
  readonly chain: ChainDraft;
}

/** What follows where the outcome equals a value. */
export interface OutcomeDraft {
  /** The value. */
  readonly value: JsonValue;
  /** What follows. */
  readonly chain: ChainDraft;
}

/** Steps in a row, the last one first: chains share what they have in common, and a step is added at no cost. */
export interface ChainDraft {
  /** The last step. */
  readonly last: StepDraft | JumpDraft;
  /** Those before it. */
  readonly before: ChainDraft | null;
}

/** The steps of a chain, the first one first. */
export function stepsOf(chain: ChainDraft): readonly (StepDraft | JumpDraft)[] {
  const steps: (StepDraft | JumpDraft)[] = [];
  for (let link: ChainDraft | null = chain; link; link = link.before) steps.push(link.last);
  return steps.reverse();
}
