import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { PointerStatus, WorkflowStatus } from "./status.ts";

/** One run of a definition: what the store keeps of it beside its pointers. Times are milliseconds of the store's clock. */
export interface Instance {
  /** Id of the run. */
  readonly id: string;
  /** Id of its definition. */
  readonly definitionId: string;
  /** Version of its definition. */
  readonly version: number;
  /** Content hash of its definition: what the run keeps even when the code changes. */
  readonly definitionHash: string;
  /** Where the run stands. */
  readonly status: WorkflowStatus;
  /** The workflow's data. */
  readonly data: JsonObject;
  /** SHA-256 of the data it was started with: what an idempotency key is compared by. */
  readonly inputHash: string;
  /** Variables given at the start. */
  readonly vars: JsonObject;
  /** A name of the caller's. */
  readonly reference: string | null;
  /** Makes starting idempotent. */
  readonly idempotencyKey: string | null;
  /** 1, and one more after each retry of the whole run. */
  readonly attempt: number;
  /** Raised by each claim and by terminate; every commit names the one it was computed under. */
  readonly epoch: number;
  /** Incarnation of the host that runs it, if any. */
  readonly owner: string | null;
  /** Number of the last transition. */
  readonly sequence: number;
  /** When a host should look at it; null for not before something happens. */
  readonly nextWake: number | null;
  /** Number of the last message put into its mailbox. */
  readonly inboxSeq: number;
  /** Number of the last message taken out. */
  readonly inboxRead: number;
  /** Id for the next pointer. */
  readonly nextPointer: number;
  /** Why it is suspended, terminated or cancelled. */
  readonly reason: string | null;
  /** Why no host runs it, though it is Runnable. */
  readonly parkedReason: string | null;
  /** The error that ended it. */
  readonly error: StepFailure | null;
  /** When it was started. */
  readonly createdAt: number;
  /** When it ended. */
  readonly endedAt: number | null;
}

/** One activation of a step. Its id is unique within its instance and given in the order of creation. */
export interface Pointer {
  /** Unique within the instance. */
  readonly id: number;
  /** Key of its step. */
  readonly stepKey: string;
  /** Where the activation stands. */
  readonly status: PointerStatus;
  /** How often the body has been started. */
  readonly attempt: number;
  /** How many attempts have failed since the activation, or the last retry of the run, began. */
  readonly failures: number;
  /** When a sleeping activation goes on. */
  readonly dueAt: number | null;
  /** What the body asked to keep until it is entered again. */
  readonly state: JsonValue | null;
  /** What the step produced. */
  readonly output: JsonValue | null;
  /** The last error. */
  readonly error: StepFailure | null;
  /** What the running attempt holds outside the engine. */
  readonly held: JsonValue | null;
  /** When the last attempt began. */
  readonly startedAt: number | null;
  /** When the activation settled. */
  readonly endedAt: number | null;
}

/** What is kept of a step's error. */
export interface StepFailure {
  /** Name of the error's class. */
  readonly type: string;
  /** Its message. */
  readonly message: string;
  /** Its literal `code`, if it has one. */
  readonly code: string | null;
  /** Its stack, if it came from code. */
  readonly stack: string | null;
  /** Key of the step. */
  readonly step: string;
  /** The attempt that failed. */
  readonly attempt: number;
}

/** An instance with the pointers that are not Complete: all that a host needs to go on. */
export interface InstanceState {
  /** The header. */
  readonly instance: Instance;
  /** Pointers by id, in the order of creation. */
  readonly pointers: ReadonlyMap<number, Pointer>;
}

/** A message to an instance. */
export interface Mail {
  /** Position in the mailbox, counted from 1. */
  readonly seq: number;
  /** What is asked for. */
  readonly intent: ControlIntent;
  /** Words for people. */
  readonly reason: string | null;
}

/** What can be asked of a run without stopping the step that runs. */
export type ControlIntent = "suspend" | "resume" | "cancel";
