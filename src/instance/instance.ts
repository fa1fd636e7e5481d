import type { Attributes } from "../definition/attributes.ts";
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
  /** What it is found by beside its own fields. */
  readonly attributes: Attributes;
  /** Makes starting idempotent. */
  readonly idempotencyKey: string | null;
  /** W3C trace context of the span that started it: what its spans are children of, on whatever host. */
  readonly traceparent: string | null;
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
  /** Id of the activation that the header carries; see {@linkcode Transition.carried}. */
  readonly carried: number | null;
  /** How many hosts have died in a row while a step of it ran, without anything being recorded in between. */
  readonly crashes: number;
  /**
   * Where a step led to several: by scope (`parent:branch`, `0:0` for the run itself), how many paths are open beyond
   * the first. Empty for most runs.
   */
  readonly forks: Readonly<Record<string, number>>;
  /** How the run is about to end, once what runs has settled and open sagas are undone. */
  readonly ending: Ending | null;
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

/** How a run is about to end. */
export interface Ending {
  /** The status to come. */
  readonly status: "Complete" | "Failed" | "Cancelled";
  /** The error behind it. */
  readonly error: StepFailure | null;
  /** Why, in words. */
  readonly reason: string | null;
  /** The activation that ends it, if one does: the sagas around it are not undone. */
  readonly by: number | null;
  /** The activation outside any saga whose own undo is still to run. */
  readonly undo: number | null;
}

/** How an activation is being closed, once what runs inside it has settled. */
export type Closing =
  | {
    /** A step inside a saga failed: the saga is undone, the failing activation first. */
    readonly kind: "saga";
    /** The failing activation; the saga's own where its result could not be used. */
    readonly failing: number;
    /** Its error. */
    readonly error: StepFailure;
    /** Whether another attempt cannot help. */
    readonly final: boolean;
  }
  | {
    /** One branch has won: the others are cancelled, then the flow goes on. */
    readonly kind: "join";
    /** The branch that goes on. */
    readonly winner: number;
    /** Its result. */
    readonly result: JsonValue;
  }
  | {
    /** A branch has failed while its siblings go on: what else is inside this part of it is cancelled. */
    readonly kind: "branch";
    /** Its error. */
    readonly error: StepFailure;
  }
  | {
    /** Its `cancelWhen` became true, or has thrown. */
    readonly kind: "cancel";
    /** What it has thrown: the activation fails. */
    readonly error?: StepFailure;
  }
  | {
    /** It was cut short for good: retrying the run does not open it again. */
    readonly kind: "abort";
  };

/** How far the branches inside an activation are. */
export interface Join {
  /** How many there are; a loop counts one. */
  readonly total: number;
  /** How many have ended. */
  readonly done: number;
  /** Id of the first branch's first pointer, where all were made at once: the others follow. */
  readonly first?: number;
  /** Results of the branches, once all have ended, for the body that asked for them. */
  readonly results?: readonly JsonValue[];
  /** The first error of a branch, where the others go on. */
  readonly error?: StepFailure;
}

/** The event that an activation waits for. */
export interface EventWait {
  /** Name of the event. */
  readonly name: string;
  /** Key of the event. */
  readonly key: string;
  /** Earlier events do not count. */
  readonly since: number;
}

/** An event that was published. */
export interface PublishedEvent extends EventIdentity {
  /** Position in the order of publishing, over all events. */
  readonly seq: number;
  /** What it says. */
  readonly data: JsonValue;
  /** When it happened. */
  readonly time: number;
}

/** What an event is called and what it is about. */
export interface EventIdentity {
  /** What it is called. */
  readonly name: string;
  /** What it is about. */
  readonly key: string;
}

/** One activation of a step. Its id is unique within its instance and given in the order of creation. */
export interface Pointer {
  /** Unique within the instance. */
  readonly id: number;
  /** Key of its step. */
  readonly stepKey: string;
  /** The activation that this one is inside of; null at the top. */
  readonly parent: number | null;
  /** Which branch of the parent: position of the item, the branch or the iteration. 0 at the top. */
  readonly branch: number;
  /** The value of the branch. */
  readonly item: JsonValue;
  /** The innermost saga that it is inside of. */
  readonly saga: number | null;
  /** The activation that this one undoes. */
  readonly undoes: number | null;
  /** Where the activation stands. */
  readonly status: PointerStatus;
  /** Whether the run still needs it: until it is settled; longer for an open saga or join, and where it may be retried. */
  readonly open: boolean;
  /** Number of the transition in which it settled. */
  readonly order: number | null;
  /** How often the body has been started. */
  readonly attempt: number;
  /** How many attempts have failed since the activation, or the last retry of the run, began. */
  readonly failures: number;
  /** When a sleeping activation goes on. */
  readonly dueAt: number | null;
  /** What its input expression made of the data. */
  readonly input: JsonValue;
  /** What the body, or the primitive, keeps until it is entered again. */
  readonly state: JsonValue;
  /** How far the branches inside it are, while it waits for them or until its body has been entered again. */
  readonly join: Join | null;
  /** What it waits for, if for an event. */
  readonly wait: EventWait | null;
  /** The event that came, until the body has been entered again. */
  readonly event: PublishedEvent | null;
  /** How it is being closed. */
  readonly closing: Closing | null;
  /** What the step produced. */
  readonly output: JsonValue;
  /** The last error. */
  readonly error: StepFailure | null;
  /** What the running attempt holds outside the engine. */
  readonly held: JsonValue;
  /** What its lock is called, where that was computed and its undo is to take the same. */
  readonly lockName: string | null;
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

/** A message to an instance, with its position in the mailbox. */
export type Mail = Message & {
  /** Position in the mailbox, counted from 1. */
  readonly seq: number;
};

/** A message to an instance. */
export type Message = ControlMessage | EventMessage;

/** Something is asked of a run. */
export interface ControlMessage {
  /** What is asked for. */
  readonly kind: ControlIntent;
  /** Words for people. */
  readonly reason: string | null;
}

/** An event has been published that the run waits for. */
export interface EventMessage {
  /** Tells it from the others. */
  readonly kind: "event";
  /** The event. */
  readonly event: PublishedEvent;
  /** Position of the last event of this name and key that the run has taken, as stored; 0 for none. */
  readonly cursor: number;
}

/**
 * What can be asked of a run without stopping the step that runs. A host that lost its lease though it was well asks for
 * `pardon`: its death, if it has been counted, was none.
 */
export type ControlIntent = "suspend" | "resume" | "cancel" | "pardon";
