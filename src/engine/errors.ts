import type { StepFailure } from "../instance/instance.ts";
import type { WorkflowStatus } from "../instance/status.ts";

/** A step took longer than its timeout. Also the reason of its signal. */
export class StepTimeoutError extends Error {
  /** Tells this error from others. */
  readonly code = "STEP_TIMEOUT";
  /** Key of the step. */
  readonly step: string;
  /** Milliseconds it was given. */
  readonly timeout: number;

  /** Made by the engine. */
  constructor(step: string, timeout: number) {
    super(`Step "${step}" did not end within its timeout of ${timeout / 1000} s`);
    this.name = "StepTimeoutError";
    this.step = step;
    this.timeout = timeout;
  }
}

/** The reason of a step's signal when its attempt is cut short without being its fault; no retry is used up. */
export class StepInterruptedError extends Error {
  /** Tells this error from others. */
  readonly code = "STEP_INTERRUPTED";
  /** What cut it short. */
  readonly trigger: "stop" | "cancel" | "lease";

  /** Made by the engine. */
  constructor(trigger: "stop" | "cancel" | "lease") {
    const why =
      { stop: "its host stops", cancel: "the run is cancelled", lease: "its host lost the run" }[trigger];
    super(`The step is interrupted: ${why}`);
    this.name = "StepInterruptedError";
    this.trigger = trigger;
  }
}

/** The lock of a step was not free in time. */
export class LockTimeoutError extends Error {
  /** Tells this error from others. */
  readonly code = "LOCK_TIMEOUT";
  /** What was to be locked. */
  readonly lock: string;
  /** Milliseconds that the attempt has waited. */
  readonly wait: number;

  /** Made by the engine. */
  constructor(lock: string, wait: number) {
    super(`Cannot take lock ${JSON.stringify(lock)}: it was not free within ${wait / 1000} s`);
    this.name = "LockTimeoutError";
    this.lock = lock;
    this.wait = wait;
  }
}

/** A step wants to hold more locks than it may. */
export class TooManyLocksError extends RangeError {
  /** Tells this error from others. */
  readonly code = "TOO_MANY_LOCKS";
  /** Another attempt would want as many. */
  readonly retryable = false;
  /** The lock that was one too many. */
  readonly lock: string;
  /** How many it may hold. */
  readonly limit: number;

  /** Made by the engine. */
  constructor(lock: string, limit: number) {
    super(
      `Cannot take lock ${JSON.stringify(lock)}: a step may hold ${limit} locks; ` +
        "lock what they have in common, or split the step",
    );
    this.name = "TooManyLocksError";
    this.lock = lock;
    this.limit = limit;
  }
}

/** A run ended otherwise than Complete. */
export class WorkflowEndedError extends Error {
  /** Tells this error from others. */
  readonly code = "WORKFLOW_ENDED";
  /** Id of the run. */
  readonly runId: string;
  /** How it ended. */
  readonly status: WorkflowStatus;
  /** The error of the step that ended it, if one did. */
  readonly failure: StepFailure | null;

  /** Made by the engine. */
  constructor(runId: string, status: WorkflowStatus, failure: StepFailure | null, reason: string | null) {
    const detail = failure ? `step "${failure.step}": ${failure.message}` : reason;
    super(`Run ${runId} ended as ${status}${detail ? `: ${detail}` : ""}`);
    this.name = "WorkflowEndedError";
    this.runId = runId;
    this.status = status;
    this.failure = failure;
  }
}

/** No definition with this id, or this version of it, is registered. */
export class UnknownWorkflowError extends Error {
  /** Tells this error from others. */
  readonly code = "UNKNOWN_WORKFLOW";
  /** The id that was asked for. */
  readonly definitionId: string;

  /** Made by the host. */
  constructor(definitionId: string, version: number | undefined, known: readonly string[]) {
    const asked = version === undefined ? `"${definitionId}"` : `"${definitionId}" version ${version}`;
    const list = known.length > 0 ? `registered are ${known.join(", ")}` : "none is registered";
    super(`Cannot find workflow ${asked}: ${list}; call registerWorkflow() first`);
    this.name = "UnknownWorkflowError";
    this.definitionId = definitionId;
  }
}

/** Two different definitions were given the same id and version. */
export class DefinitionConflictError extends Error {
  /** Tells this error from others. */
  readonly code = "DEFINITION_CONFLICT";
  /** Id of the definition. */
  readonly definitionId: string;

  /** Made by the host. */
  constructor(definitionId: string, version: number) {
    super(
      `Cannot register workflow "${definitionId}" version ${version}: another one has this id and version; raise the version`,
    );
    this.name = "DefinitionConflictError";
    this.definitionId = definitionId;
  }
}

/** The store has another content of this id and version, and the host refuses revisions. */
export class RevisionRefusedError extends Error {
  /** Tells this error from others. */
  readonly code = "REVISION_REFUSED";
  /** Id of the definition. */
  readonly definitionId: string;

  /** Made by the host. */
  constructor(definitionId: string, version: number) {
    super(
      `Cannot start workflow "${definitionId}" version ${version}: the store has another content of it; raise the version`,
    );
    this.name = "RevisionRefusedError";
    this.definitionId = definitionId;
  }
}

/** A run cannot be moved to another definition. */
export class MigrationError extends Error {
  /** Tells this error from others. */
  readonly code = "MIGRATION";
  /** Id of the run. */
  readonly runId: string;

  /** `why` completes the sentence. */
  constructor(runId: string, why: string) {
    super(`Cannot migrate run ${runId}: ${why}`);
    this.name = "MigrationError";
    this.runId = runId;
  }
}

/** The host is in a state in which it cannot do what was asked. */
export class HostStateError extends Error {
  /** Tells this error from others. */
  readonly code = "HOST_STATE";

  /** `message` says what was asked, why not, and what helps. */
  constructor(message: string) {
    super(message);
    this.name = "HostStateError";
  }
}

/** A search index could not take what has changed. It is kept, and tried again. */
export class SearchIndexError extends Error {
  /** Tells this error from others. */
  readonly code = "SEARCH_INDEX";

  /** Made by the engine, of what the index has thrown. */
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The search index failed, and what has changed is kept for it: ${why}`, { cause });
    this.name = "SearchIndexError";
  }
}

/** A run is in a status in which it cannot do what was asked. */
export class RunStateError extends Error {
  /** Tells this error from others. */
  readonly code = "RUN_STATE";
  /** Id of the run. */
  readonly runId: string;
  /** The status it is in. */
  readonly status: WorkflowStatus;

  /** Made by the host. */
  constructor(verb: string, runId: string, status: WorkflowStatus) {
    super(`Cannot ${verb} run ${runId}: it is ${status}`);
    this.name = "RunStateError";
    this.runId = runId;
    this.status = status;
  }
}
