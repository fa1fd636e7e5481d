import type { Instance, InstanceState, Pointer } from "./instance.ts";
import type { LifecycleEvent, StepEvent, WorkflowEvent } from "./lifecycle_event.ts";
import {
  isEnded,
  isSettled,
  type PointerStatus,
  pointerTransitions,
  type WorkflowStatus,
  workflowTransitions,
} from "./status.ts";

/**
 * Everything that one happening changes, written in one transaction. The store applies it only where the instance
 * has this epoch and its last transition has the number before `sequence`.
 */
export interface Transition {
  /** The header after it. Its `inboxSeq` is the store's to keep. */
  readonly instance: Instance;
  /** The epoch under which it was computed; a claim and a terminate raise the header's. */
  readonly epoch: number;
  /** Number of this transition within the instance. */
  readonly sequence: number;
  /** The pointers that it made or changed. */
  readonly pointers: readonly Pointer[];
  /** Whether `instance.data` differs from before, so that it need not be written again each time. */
  readonly dataChanged: boolean;
  /** What is told to listeners once it is written. */
  readonly events: readonly LifecycleEvent[];
}

/** A transition and the state that follows from it. */
export interface Advance {
  /** The state afterwards. */
  readonly state: InstanceState;
  /** What to write. */
  readonly transition: Transition;
}

/** When, and under what circumstances, a transition is computed. */
export interface Moment {
  /** Milliseconds of the store's clock. */
  readonly now: number;
  /** A number from 0 up to 1. */
  readonly random: number;
  /** Whether whoever commits this starts new activations at once. */
  readonly begin: boolean;
}

/** Collects the changes of one transition: the only place where a status is assigned. */
export class Change {
  readonly #before: InstanceState;
  readonly #moment: Moment;
  readonly #pointers: Map<number, Pointer>;
  readonly #touched = new Set<number>();
  readonly #events: LifecycleEvent[] = [];
  #instance: Instance;

  constructor(before: InstanceState, moment: Moment) {
    this.#before = before;
    this.#moment = moment;
    this.#instance = before.instance;
    this.#pointers = new Map(before.pointers);
  }

  /** The header as changed so far. */
  get instance(): Instance {
    return this.#instance;
  }

  /** The pointers as changed so far. */
  get pointers(): readonly Pointer[] {
    return [...this.#pointers.values()];
  }

  /** A pointer as changed so far. */
  pointer(id: number): Pointer {
    const pointer = this.#pointers.get(id);
    if (!pointer) throw new Error(`Run ${this.#instance.id} has no open pointer ${id}`);
    return pointer;
  }

  /** Changes the header, but for its status. */
  set(change: Partial<Omit<Instance, "status">>): void {
    this.#instance = { ...this.#instance, ...change };
  }

  /** Moves the run to another status. */
  moveRun(status: WorkflowStatus): void {
    const from = this.#instance.status;
    if (!workflowTransitions[from].includes(status)) {
      throw new Error(`A run cannot go from ${from} to ${status}`);
    }
    this.#instance = { ...this.#instance, status };
  }

  /** Moves an activation to another status, or changes it within its status. */
  movePointer(
    id: number,
    status: PointerStatus,
    change: Partial<Omit<Pointer, "id" | "status">> = {},
  ): Pointer {
    const before = this.pointer(id);
    if (!pointerTransitions[before.status].includes(status)) {
      throw new Error(`A pointer cannot go from ${before.status} to ${status}`);
    }
    const after = { ...before, ...change, status };
    this.#pointers.set(id, after);
    this.#touched.add(id);
    return after;
  }

  /** Makes an activation, running at once where the moment allows it. */
  activate(stepKey: string): void {
    const id = this.#instance.nextPointer;
    this.set({ nextPointer: id + 1 });
    this.#pointers.set(id, newPointer(id, stepKey));
    this.#touched.add(id);
    if (this.#moment.begin) this.begin(id);
  }

  /** Starts the body of an activation, for the first time or once more. */
  begin(id: number): void {
    const { attempt } = this.pointer(id);
    const pointer = this.movePointer(id, "Running", {
      attempt: attempt + 1,
      startedAt: this.#moment.now,
      dueAt: null,
      endedAt: null,
    });
    this.tellStep("StepStarted", pointer);
  }

  /** Notes an event of the run as a whole. */
  tellRun(type: WorkflowEvent["type"], reason: string | null = null): void {
    this.#events.push({ type, ...this.#eventBase(), reason });
  }

  /** Notes an event of an activation. */
  tellStep(type: StepEvent["type"], pointer: Pointer): void {
    const { id: pointerId, stepKey, attempt, startedAt, output, dueAt } = pointer;
    const error = type === "StepFailed" || type === "StepRetrying" ? pointer.error : null;
    this.#events.push({
      type,
      ...this.#eventBase(),
      pointerId,
      stepKey,
      attempt,
      startedAt,
      output,
      error,
      dueAt,
    });
  }

  /**
   * Closes the transition. A run with nothing to do at once is given up by its owner in the same commit, unless
   * `keepOwner` says that the owner has more to commit.
   */
  done(keepOwner = false): Advance {
    const before = this.#before.instance;
    const busy = this.pointers.some(({ status }) =>
      status === "Running" || status === "Pending" && this.#instance.status === "Runnable"
    );
    this.set({
      sequence: before.sequence + 1,
      nextWake: nextWake(this.#instance, this.pointers),
      ...(!busy && !keepOwner && { owner: null }),
    });
    const instance = this.#instance;
    return {
      state: {
        instance,
        pointers: new Map([...this.#pointers].filter(([, pointer]) => pointer.status !== "Complete")),
      },
      transition: {
        instance,
        epoch: before.epoch,
        sequence: instance.sequence,
        pointers: [...this.#touched].map((id) => this.pointer(id)),
        dataChanged: instance.data !== before.data,
        events: this.#events,
      },
    };
  }

  #eventBase(): { runId: string; sequence: number; at: number } {
    return { runId: this.#instance.id, sequence: this.#before.instance.sequence + 1, at: this.#moment.now };
  }
}

/** An activation that has not begun. */
export function newPointer(id: number, stepKey: string): Pointer {
  return {
    id,
    stepKey,
    status: "Pending",
    attempt: 0,
    failures: 0,
    dueAt: null,
    state: null,
    output: null,
    error: null,
    held: null,
    startedAt: null,
    endedAt: null,
  };
}

/** When a host must look at the instance: at once for ready work, at the earliest due time for sleepers, else never. */
function nextWake(instance: Instance, pointers: readonly Pointer[]): number | null {
  if (isEnded(instance.status) || instance.status === "Suspended" || instance.parkedReason !== null) {
    return null;
  }
  const open = pointers.filter(({ status }) => !isSettled(status));
  return open.reduce<number | null>((earliest, { status, dueAt }) => {
    // Not "now": ready work stays due when the clock is set back.
    const wake = status === "Sleeping" ? dueAt ?? 0 : 0;
    return earliest === null ? wake : Math.min(earliest, wake);
  }, null);
}
