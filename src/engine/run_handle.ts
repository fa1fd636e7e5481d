import type { JsonObject } from "../definition/json.ts";
import type { Instance } from "../instance/instance.ts";
import { isEnded, type WorkflowStatus } from "../instance/status.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import { WorkflowEndedError } from "./errors.ts";
import type { Waiters } from "./waiters.ts";

/** Options of what waits. */
export interface WaitOptions {
  /** Ends the waiting, not the run. */
  readonly signal?: AbortSignal;
}

/** What a handle needs of its host. */
export interface RunHandleParts {
  /** Where the run is kept. */
  readonly persistence: Persistence;
  /** Tell when it moves. */
  readonly waiters: Waiters;
  /** Asks the run to end as Cancelled. */
  readonly cancel: (reason?: string) => Promise<void>;
}

/** A run, seen from the program that started it or looked it up. */
export class RunHandle<Data = JsonObject> {
  /** Id of the run. */
  readonly id: string;
  readonly #parts: RunHandleParts;

  /** Made by the host. */
  constructor(id: string, parts: RunHandleParts) {
    this.id = id;
    this.#parts = parts;
  }

  /**
   * Waits for the end of the run and returns its data. A suspended run is waited for until somebody resumes it.
   *
   * @throws {WorkflowEndedError} when it ends otherwise than Complete
   */
  async result(options: WaitOptions = {}): Promise<Data> {
    const { status, data, error, reason } = await this.#parts.waiters.until(
      this.id,
      (instance) => isEnded(instance.status) ? instance : undefined,
      options.signal,
    );
    if (status !== "Complete") throw new WorkflowEndedError(this.id, status, error, reason);
    return data as Data;
  }

  /** Waits until the run has ended, is suspended or is parked: until it goes no further by itself. */
  atRest(options: WaitOptions = {}): Promise<Instance> {
    return this.#parts.waiters.until(
      this.id,
      (instance) => isAtRest(instance) ? instance : undefined,
      options.signal,
    );
  }

  /** Where the run stands. */
  async status(): Promise<WorkflowStatus> {
    const instance = await this.#parts.persistence.get(this.id);
    if (!instance) throw new RunNotFoundError(this.id);
    return instance.status;
  }

  /** Ends the run as Cancelled, after its running steps have been interrupted and its open sagas undone. */
  cancel(reason?: string): Promise<void> {
    return this.#parts.cancel(reason);
  }
}

/** A suspended or parked run with an unread message is about to move. */
function isAtRest({ status, parkedReason, inboxSeq, inboxRead }: Instance): boolean {
  if (isEnded(status)) return true;
  return inboxSeq === inboxRead && (status === "Suspended" || parkedReason !== null);
}
