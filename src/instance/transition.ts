import type { JsonValue } from "../definition/json.ts";
import { carriedAfter } from "./carried.ts";
import type { EventIdentity, EventWait, Instance, Pointer, PublishedEvent } from "./instance.ts";
import { cursorKey, type InstanceState } from "./instance_state.ts";
import type { LifecycleEvent, StepEvent, WorkflowEvent } from "./lifecycle_event.ts";
import { newPointer } from "./new_pointer.ts";
import type { PointerTable } from "./pointer_table.ts";
import {
  isBusy,
  isEnded,
  isSettled,
  type PointerStatus,
  pointerTransitions,
  type WorkflowStatus,
  workflowTransitions,
} from "./status.ts";

/**
 * Everything that one happening changes, written in one transaction. The store applies it only where the instance
 * has this epoch, its last transition has the number before `sequence`, and it was created at the same time: an id may be
 * used again after a purge, and its first run's late writer must not write into the next.
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
  /** Id from which on it made them: those before were there already. */
  readonly firstNew: number;
  /**
   * The activation that the header carries, which is then to be kept with `instance`, and has no row of its own: one that
   * is new and has nothing yet that is long. A step in a straight line costs one row less by it.
   */
  readonly carried: Pointer | null;
  /** Id of the one that the header carried before: where it is among `pointers` now, it is to get a row. */
  readonly carriedBefore: number | null;
  /** Ids of settled pointers, not among `pointers`, that are open no more. */
  readonly released: readonly number[];
  /** Branches that are over and forgotten, with all that is inside them, unless an activation there failed or is open. */
  readonly folded: readonly BranchScope[];
  /** Whether `instance.data` differs from before, so that it need not be written again each time. */
  readonly dataChanged: boolean;
  /** The same of `instance.attributes`. */
  readonly attributesChanged: boolean;
  /** The waits that began: the run is sent every event that fits from now on, and the first one that was there before. */
  readonly subscribed: readonly Subscription[];
  /** Ids of the pointers whose waits ended. */
  readonly unsubscribed: readonly number[];
  /** The events that waits took: the next wait of the same name and key takes a later one. */
  readonly taken: readonly TakenEvent[];
  /** The events that a step published. */
  readonly published: readonly NewEvent[];
  /**
   * The locks under which it came about: where the store has seen a greater fence of one, nothing is written. As a rule
   * none.
   */
  readonly fences: readonly Fence[];
  /** What is told to listeners once it is written, and to durable sinks. */
  readonly events: readonly LifecycleEvent[];
  /** Ids of the running pointers whose bodies are to be cut short once it is written. Not stored. */
  readonly aborted: readonly number[];
}

/** A lock as it was held. */
export interface Fence {
  /** What was locked. */
  readonly name: string;
  /** Greater than that of everybody who had the lock before. */
  readonly fence: number;
}

/** A branch of a container. */
export interface BranchScope {
  /** Id of the container's pointer; null is the run itself. */
  readonly parent: number | null;
  /** Number of the branch. */
  readonly branch: number;
}

/** A pointer that begins to wait for an event. */
export interface Subscription {
  /** Id of the pointer. */
  readonly pointerId: number;
  /** What it waits for. */
  readonly wait: EventWait;
}

/** An event that a wait took. */
export interface TakenEvent extends EventIdentity {
  /** Its position. */
  readonly seq: number;
}

/** An event to be published. */
export interface NewEvent extends EventIdentity {
  /** What it says. */
  readonly data: JsonValue;
  /** When it happened; null for the store's time of publishing. */
  readonly time: number | null;
  /** The same id is one event. */
  readonly messageId: string | null;
}

/** A transition and the state that follows from it. */
export interface Advance {
  /** The state afterwards. */
  readonly state: InstanceState;
  /** What to write. */
  readonly transition: Transition;
}

/** The same, to be written only where these locks are not lost. */
export function underLocks(advance: Advance, fences: readonly Fence[]): Advance {
  if (fences.length === 0) return advance;
  return { state: advance.state, transition: { ...advance.transition, fences } };
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

/** Most taken events that a state remembers: those taken longer ago are certainly written. */
const mostCursors = 1_000;

const none: ReadonlySet<number> = new Set();
/** What nearly all transitions have. */
export const noFences: readonly Fence[] = [];

/**
 * Collects the changes of one transition: the only place where a status is assigned. The header is copied once, and
 * sets are made when they are needed, for every step of every run comes through here.
 */
export class Change {
  /** When it happens. */
  readonly moment: Moment;
  readonly #before: InstanceState;
  readonly #changed = new Map<number, Pointer>();
  readonly #folded: BranchScope[] = [];
  readonly #subscribed: Subscription[] = [];
  readonly #unsubscribed: number[] = [];
  readonly #taken: TakenEvent[] = [];
  readonly #published: NewEvent[] = [];
  readonly #events: LifecycleEvent[] = [];
  #released: Set<number> | null = null;
  #aborted: Set<number> | null = null;
  #table: PointerTable;
  #tableIsOld = false;
  /** Its own copy. */
  readonly #instance: { -readonly [Key in keyof Instance]: Instance[Key] };

  constructor(before: InstanceState, moment: Moment) {
    this.#before = before;
    this.moment = moment;
    this.#instance = { ...before.instance };
    this.#table = before.pointers;
  }

  /** Whether a pointer has changed or an event is told: whether there is anything to be written. */
  get touches(): boolean {
    return this.#changed.size > 0 || this.#released !== null || this.#events.length > 0;
  }

  /** The header as changed so far. */
  get instance(): Instance {
    return this.#instance;
  }

  /** Number of this transition. */
  get sequence(): number {
    return this.#before.instance.sequence + 1;
  }

  /** The pointers that the run still needs, as changed so far. */
  get pointers(): PointerTable {
    if (this.#tableIsOld) {
      this.#table = this.#before.pointers.with(this.#changed.values());
      if (this.#released) this.#table = this.#table.with(this.#closed(this.#released));
      this.#tableIsOld = false;
    }
    return this.#table;
  }

  /** A pointer as changed so far, if the run still needs it or this transition has touched it. */
  find(id: number): Pointer | undefined {
    return this.#changed.get(id) ?? (this.#released?.has(id) ? undefined : this.#before.pointers.get(id));
  }

  /** A pointer as changed so far. */
  pointer(id: number): Pointer {
    const pointer = this.find(id);
    if (!pointer) throw new Error(`Run ${this.#instance.id} has no open pointer ${id}`);
    return pointer;
  }

  /** Changes the header, but for its status. */
  set(change: Partial<Omit<Instance, "status">>): void {
    Object.assign(this.#instance, change);
  }

  /** Moves the run to another status. */
  moveRun(status: WorkflowStatus): void {
    const from = this.#instance.status;
    if (!workflowTransitions[from].includes(status)) {
      throw new Error(`A run cannot go from ${from} to ${status}`);
    }
    this.#instance.status = status;
  }

  /** Makes an activation, which is Pending. */
  create(pointer: Pick<Pointer, "stepKey" | "parent" | "branch" | "item"> & Partial<Pointer>): Pointer {
    const id = this.#instance.nextPointer++;
    return this.#put({ ...newPointer, ...pointer, id });
  }

  /**
   * Moves an activation to another status, or changes it within its status. One that settles is open no more, unless
   * `change` says so.
   */
  movePointer(
    id: number,
    status: PointerStatus,
    change: Partial<Omit<Pointer, "id" | "status">> = {},
  ): Pointer {
    const before = this.pointer(id);
    const within = status === before.status && !isSettled(status);
    if (!within && !pointerTransitions[before.status].includes(status)) {
      throw new Error(`A pointer cannot go from ${before.status} to ${status}`);
    }
    if (!isSettled(status)) return this.#put({ ...before, ...change, status });
    const { now } = this.moment;
    const ends = { open: false, held: null, dueAt: null, endedAt: now, order: this.sequence };
    return this.#put({ ...before, ...ends, ...change, status });
  }

  /** The run needs a pointer, although it has settled in this transition. */
  keep(id: number): void {
    this.#put({ ...this.pointer(id), open: true });
  }

  /** The run needs a settled pointer no more. */
  release(id: number): void {
    const changed = this.#changed.get(id);
    if (changed) this.#put({ ...changed, open: false });
    else if (this.#before.pointers.get(id)) {
      (this.#released ??= new Set()).add(id);
      this.#tableIsOld = true;
    }
  }

  /** Forgets a branch that is over. */
  fold(scope: BranchScope): void {
    this.#folded.push(scope);
  }

  /** The body of a pointer that runs is to be cut short. */
  abort(id: number): void {
    (this.#aborted ??= new Set()).add(id);
  }

  /** An activation begins to wait for an event. */
  subscribe(pointerId: number, wait: EventWait): void {
    this.#subscribed.push({ pointerId, wait });
  }

  /** An activation waits no more. */
  unsubscribe(pointerId: number): void {
    const index = this.#subscribed.findIndex((subscription) => subscription.pointerId === pointerId);
    if (index >= 0) this.#subscribed.splice(index, 1);
    else this.#unsubscribed.push(pointerId);
  }

  /** Whether a wait has taken this event, or a later one, already. */
  hasTaken({ name, key, seq }: TakenEvent): boolean {
    const before = this.#before.cursors.get(cursorKey({ name, key })) ?? 0;
    return seq <= before ||
      this.#taken.some((taken) => taken.name === name && taken.key === key && seq <= taken.seq);
  }

  /** A wait takes an event. */
  take({ name, key, seq }: PublishedEvent): void {
    this.#taken.push({ name, key, seq });
  }

  /** An event is published together with this transition. */
  publish(event: NewEvent): void {
    this.#published.push(event);
  }

  /** Notes an event of the run as a whole. */
  tellRun(type: WorkflowEvent["type"], reason: string | null = null): void {
    this.#events.push({ type, ...this.#eventBase(), reason });
  }

  /** Notes an event of an activation. */
  tellStep(type: StepEvent["type"], pointer: Pointer): void {
    const { id: pointerId, stepKey, attempt, startedAt, output, dueAt, undoes } = pointer;
    const error = type === "StepFailed" || type === "StepRetrying" ? pointer.error : null;
    this.#events.push({
      type,
      ...this.#eventBase(),
      pointerId,
      stepKey,
      undoes,
      attempt,
      startedAt,
      output,
      error,
      dueAt,
    });
  }

  /**
   * Closes the transition. A run with nothing to do at once is given up by its owner in the same commit, unless
   * `keepOwner` says that the owner has more to commit; one that ends always is.
   */
  done(keepOwner = false): Advance {
    const before = this.#before.instance;
    const { pointers } = this;
    const goesOn = this.#instance.status === "Runnable" && this.#instance.parkedReason === null;
    const busy = pointers.busy > 0 || pointers.pending > 0 && goesOn;
    const instance = this.#instance;
    instance.sequence = this.sequence;
    instance.nextWake = nextWake(instance, pointers);
    instance.carried = carriedAfter(before.carried, this.#changed, before.nextPointer);
    if (!busy && (!keepOwner || this.#isDoneWith)) instance.owner = null;
    return {
      state: { instance, pointers, cursors: this.#cursors() },
      transition: {
        instance,
        epoch: before.epoch,
        sequence: instance.sequence,
        pointers: [...this.#changed.values()],
        firstNew: before.nextPointer,
        carried: instance.carried === null ? null : this.pointer(instance.carried),
        carriedBefore: before.carried,
        released: [...this.#released ?? none],
        folded: this.#folded,
        dataChanged: instance.data !== before.data,
        attributesChanged: instance.attributes !== before.attributes,
        subscribed: this.#subscribed,
        unsubscribed: this.#unsubscribed,
        taken: this.#taken,
        published: this.#published,
        fences: noFences,
        events: this.#events,
        aborted: [...this.#aborted ?? none].filter((id) => isBusy(this.pointer(id).status)),
      },
    };
  }

  /** Whether nobody has anything more to do with the run. Messages that came after its end are still to be taken out. */
  get #isDoneWith(): boolean {
    const { status, inboxSeq, inboxRead } = this.#instance;
    return isEnded(status) && (!isEnded(this.#before.instance.status) || inboxSeq === inboxRead);
  }

  *#closed(ids: Iterable<number>): Iterable<Pointer> {
    for (const id of ids) yield { ...this.#before.pointers.get(id)!, open: false };
  }

  #put(pointer: Pointer): Pointer {
    this.#changed.set(pointer.id, pointer);
    this.#tableIsOld = true;
    return pointer;
  }

  #cursors(): ReadonlyMap<string, number> {
    if (this.#taken.length === 0) return this.#before.cursors;
    const cursors = new Map(this.#before.cursors);
    for (const event of this.#taken) {
      const key = cursorKey(event);
      cursors.delete(key);
      cursors.set(key, event.seq);
    }
    for (const key of [...cursors.keys()].slice(0, Math.max(cursors.size - mostCursors, 0))) {
      cursors.delete(key);
    }
    return cursors;
  }

  #eventBase(): { runId: string; definitionId: string; sequence: number; at: number } {
    const { id: runId, definitionId } = this.#instance;
    return { runId, definitionId, sequence: this.sequence, at: this.moment.now };
  }
}

/**
 * When a host must look at the instance: at once for ready work, and for a run that is about to end, at the earliest due
 * time for sleepers, else never.
 */
function nextWake(instance: Instance, pointers: PointerTable): number | null {
  if (isEnded(instance.status) || instance.status === "Suspended" || instance.parkedReason !== null) {
    return null;
  }
  // Not "now": ready work stays due when the clock is set back.
  if (pointers.busy > 0 || pointers.pending > 0) return 0;
  return pointers.earliestDue ?? (instance.ending ? 0 : null);
}
