import type { Scope, StepCode } from "../definition/code.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { PayloadLimits } from "../definition/payload_limits.ts";
import type { Closing, EventWait, Join, Pointer, PublishedEvent } from "../instance/instance.ts";

/** What the engine itself does for the steps of one type. What it throws is a failure of the step. */
export interface StepRules {
  /** An activation begins, for the first time or once more: it is Waiting. */
  enter(flow: StepFlow, pointer: Pointer, step: StepDefinition): void;
  /** One of its branches has ended, by a failure or not; `last` is the activation that ended it. */
  branchEnded?(flow: StepFlow, pointer: Pointer, step: StepDefinition, last: Pointer, failed: boolean): void;
  /** The time that it slept or waited for is over. */
  due?(flow: StepFlow, pointer: Pointer, step: StepDefinition): void;
  /** The event that it waited for has come. */
  received?(flow: StepFlow, pointer: Pointer, step: StepDefinition, event: PublishedEvent): void;
}

/** What the rules of a step may do to the run. */
export interface StepFlow {
  /** The definition of the run. */
  readonly definition: WorkflowDefinition;
  /** How large may be what is kept of the run. */
  readonly limits: PayloadLimits;
  /** Milliseconds of the store's clock. */
  readonly now: number;
  /** When the run was started. */
  readonly startedAt: number;
  /** The workflow's data as changed so far. */
  readonly data: JsonObject;
  /** The code of a step. */
  code(step: StepDefinition): StepCode;
  /** What an expression of an activation sees beside the data. */
  scopeOf(pointer: Pointer): Scope;
  /** Begins a branch inside an activation. */
  beginBranch(pointer: Pointer, branch: number, stepKey: string, item: JsonValue): void;
  /** Begins a branch for each item at once, in order, those behind the first `limit` when others have ended. */
  beginBranches(
    pointer: Pointer,
    stepKeys: readonly string[],
    items: readonly JsonValue[],
    limit: number,
  ): void;
  /** A branch has ended: lets the next one behind the limit begin, if there is one. */
  beginNext(join: Join, limit: number): void;
  /** Changes what is kept of an activation while it waits. */
  keep(pointer: Pointer, change: Partial<Pick<Pointer, "state" | "join">>): Pointer;
  /** Keeps the result of a branch until its join. */
  keepResult(last: Pointer): void;
  /** Takes the results of the branches, in their order. */
  takeResults(pointer: Pointer, total: number): readonly JsonValue[];
  /** Forgets a branch that is over. */
  fold(pointer: Pointer, branch: number): void;
  /** Lets an activation sleep until a time. */
  sleepUntil(pointer: Pointer, dueAt: number): void;
  /** Lets an activation wait for an event, until a time if one is given. */
  waitFor(pointer: Pointer, wait: EventWait, dueAt: number | null): void;
  /** An activation has succeeded. The flow goes on where `outcome` leads, if one is given. */
  complete(pointer: Pointer, output: JsonValue, outcome?: JsonValue): void;
  /** An activation has failed with an error that has been recorded inside it. */
  raise(pointer: Pointer, join: Join): void;
  /** Closes an activation: what runs inside it is cut short first. */
  close(pointer: Pointer, closing: Closing): void;
  /** Ends the run as Complete. */
  endRun(pointer: Pointer): void;
}
