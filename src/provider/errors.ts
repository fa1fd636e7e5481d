/** A commit that came too late: another host owns the run by now, or it was ended. Nothing was changed. */
export class LeaseLostError extends Error {
  /** Tells this error from others. */
  readonly code = "LEASE_LOST";
  /** Id of the run. */
  readonly runId: string;
  /** The epoch that the commit named. */
  readonly epoch: number;

  /** Made by a persistence provider. */
  constructor(runId: string, epoch: number) {
    super(`Cannot commit to run ${runId}: epoch ${epoch} is over`);
    this.name = "LeaseLostError";
    this.runId = runId;
    this.epoch = epoch;
  }
}

/**
 * A lock belongs to another by now, or its time is over. Also the reason of its signal. A commit that came with it has
 * changed nothing; its step is run again.
 */
export class LockLostError extends Error {
  /** Tells this error from others. */
  readonly code = "LOCK_LOST";
  /** Name of the lock. */
  readonly lock: string;
  /** The fence that it had. */
  readonly fence: number;
  /** The greater fence that the store has seen; null where nothing is known of another holder. */
  readonly seen: number | null;

  /** Made by a persistence provider, and by the host. */
  constructor(lock: string, fence: number, seen: number | null) {
    const why = seen === null ? "it was not renewed in time" : `${seen} has been seen`;
    super(`Lock ${JSON.stringify(lock)} is lost: fence ${fence} is over, ${why}`);
    this.name = "LockLostError";
    this.lock = lock;
    this.fence = fence;
    this.seen = seen;
  }
}

/** There is no run with this id. */
export class RunNotFoundError extends Error {
  /** Tells this error from others. */
  readonly code = "RUN_NOT_FOUND";
  /** The id that was asked for. */
  readonly runId: string;

  /** Made where a run is looked up. */
  constructor(runId: string) {
    super(`Cannot find a run with id ${JSON.stringify(runId)}`);
    this.name = "RunNotFoundError";
    this.runId = runId;
  }
}

/** A run with this id exists already. */
export class RunExistsError extends Error {
  /** Tells this error from others. */
  readonly code = "RUN_EXISTS";
  /** The id that was given. */
  readonly runId: string;

  /** Made by a persistence provider. */
  constructor(runId: string) {
    super(`Cannot start a run with id ${JSON.stringify(runId)}: it exists already`);
    this.name = "RunExistsError";
    this.runId = runId;
  }
}

/** The same idempotency key was used with other data. */
export class IdempotencyConflictError extends Error {
  /** Tells this error from others. */
  readonly code = "IDEMPOTENCY_CONFLICT";
  /** The run that was started with the key. */
  readonly runId: string;

  /** Made where a run is started. */
  constructor(key: string, runId: string) {
    super(
      `Cannot start a run with idempotency key ${
        JSON.stringify(key)
      }: run ${runId} was started with it, from other data`,
    );
    this.name = "IdempotencyConflictError";
    this.runId = runId;
  }
}

/** What kept a store from doing its work. */
export type StoreProblem =
  | "busy"
  | "full"
  | "read-only"
  | "io"
  | "corrupt"
  | "newer"
  | "missing"
  | "denied"
  | "unsupported"
  | "closed";

const passing: ReadonlySet<StoreProblem> = new Set(["busy", "full", "io"]);

/** A store could not do what was asked. Nothing of it was done. */
export class StoreError extends Error {
  /** Tells this error from others. */
  readonly code = "STORE";
  /** What kind of trouble it is. */
  readonly problem: StoreProblem;
  /** Whether the same call may go through later. */
  readonly retryable: boolean;

  /** `message` says what could not be done, why, and what helps. */
  constructor(problem: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.problem = problem;
    this.retryable = passing.has(problem);
  }
}

/** A store's error as it is; anything else that a provider throws is a defect, which trying again does not mend. */
export function asStoreError(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  return new StoreError("unsupported", `The store failed: ${thrown}`, { cause: thrown });
}

/** A search that cannot be understood. */
export class InvalidSearchError extends Error {
  /** Tells this error from others. */
  readonly code = "INVALID_SEARCH";

  /** `why` completes "Cannot search: …". */
  constructor(why: string, received: unknown) {
    super(`Cannot search: ${why}, received ${JSON.stringify(received)}`);
    this.name = "InvalidSearchError";
  }
}
