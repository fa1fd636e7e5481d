import type { JsonValue } from "../definition/json.ts";
import type { StepFailure } from "./instance.ts";

/** Something that happened to a run and was recorded: never told of what was rolled back. */
export type LifecycleEvent = WorkflowEvent | StepEvent;

/** What all events have. */
export interface LifecycleEventBase {
  /** Id of the run. */
  readonly runId: string;
  /** Id of its definition. */
  readonly definitionId: string;
  /** Number of the transition that recorded it: events of one run are ordered by it. */
  readonly sequence: number;
  /** Milliseconds of the store's clock. */
  readonly at: number;
}

/** The run as a whole moved. */
export interface WorkflowEvent extends LifecycleEventBase {
  /** What happened. */
  readonly type:
    | "WorkflowStarted"
    | "WorkflowResumed"
    | "WorkflowRetried"
    | "WorkflowParked"
    | "WorkflowMigrated"
    | "WorkflowSuspended"
    | "WorkflowCompleted"
    | "WorkflowFailed"
    | "WorkflowTerminated"
    | "WorkflowCancelled";
  /** Why, in words, where there is a reason. */
  readonly reason: string | null;
}

/** One activation of a step moved. */
export interface StepEvent extends LifecycleEventBase {
  /** What happened. `StepWaiting` is a pause that the body asked for, `StepRetrying` one before another attempt. */
  readonly type:
    | "StepStarted"
    | "StepInterrupted"
    | "StepWaiting"
    | "StepRetrying"
    | "StepCompleted"
    | "StepFailed"
    | "StepCancelled"
    | "StepSkipped"
    | "StepCompensating"
    | "StepCompensated";
  /** Id of the pointer. */
  readonly pointerId: number;
  /** Key of the step. */
  readonly stepKey: string;
  /** Id of the pointer that this one undoes, else null. */
  readonly undoes: number | null;
  /** The attempt it is about. */
  readonly attempt: number;
  /** When the attempt began. */
  readonly startedAt: number | null;
  /** What the step produced. */
  readonly output: JsonValue;
  /** The error, of a failure or before a retry. */
  readonly error: StepFailure | null;
  /** When the pause is over. */
  readonly dueAt: number | null;
}
