import type { StoredDefinition } from "../definition/hash.ts";
import type { LogStream } from "../definition/step_context.ts";
import type { ControlMessage, Instance, Mail, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { RunSummary } from "../instance/run_summary.ts";
import type { WorkflowStatus } from "../instance/status.ts";
import type { Advance, BranchScope, NewEvent, Transition } from "../instance/transition.ts";
import type { StoreLock } from "./lock.ts";

/**
 * Keeps definitions, runs, mailboxes and logs. It speaks in transitions with preconditions: nothing is ever saved
 * whole, and a write that names a stale epoch changes nothing.
 *
 * Every method may reject with a {@linkcode StoreError}; what it asked for was then not done, unless the message says
 * that it may be. Whoever tries again does it once all the same where epoch and sequence, an idempotency key or a message
 * id tell it from another.
 */
export interface Persistence extends AsyncDisposable {
  /** Milliseconds since 1970 by the store's clock, which rules leases and due times. */
  now(): number;

  /**
   * Enters or renews a host's heartbeat for `ttl` milliseconds from now. Returns whether the host was entered before:
   * one that finds itself taken out may have lost its runs.
   */
  renewHost(host: HostInfo, ttl: number): Promise<boolean>;
  /** Takes a host out: what it owns is free. */
  removeHost(incarnation: string): Promise<void>;
  /** The host that runs an instance now, if one is alive. */
  ownerOf(runId: string): Promise<HostInfo | null>;

  /** Keeps a definition under its hash, as the newest of its id and version; does nothing where it is kept already. */
  saveDefinition(definition: StoredDefinition): Promise<void>;
  /** All contents kept of an id and version, newest first. */
  getRevisions(id: string, version: number): Promise<readonly StoredDefinition[]>;
  /** A kept definition, or null. */
  getDefinition(hash: string): Promise<StoredDefinition | null>;

  /**
   * Starts a run, whose definition must be kept already. With an idempotency key that is known, nothing is written
   * and the existing run is returned. Here as in every write, an owner that is not an entered host is kept as none.
   * Where the first steps wait for events that are there already, the run has mail when this resolves.
   *
   * @throws {RunExistsError} when there is a run with this id
   */
  create(start: Transition): Promise<Created>;
  /**
   * Takes due runs whose owner is dead or none, oldest first, and makes of each and its mail what `take` says. A host
   * whose own heartbeat is over gets none.
   */
  claim(request: ClaimRequest): Promise<readonly Advance[]>;
  /**
   * Whether commits that are asked for while others are under way are done behind them, in order. The host then asks
   * for the next before it has heard of the last; else one waits for the other.
   *
   * @default false
   */
  readonly commitsInOrder?: boolean;
  /** Writes transitions, each for itself. The outcomes stand in the order of the transitions. */
  commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]>;
  /**
   * Reads a run and writes what `change` makes of it, in one transaction; null writes nothing.
   *
   * @throws {RunNotFoundError}
   */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null>;

  /**
   * Puts a message into a run's mailbox and makes the run due.
   *
   * @throws {RunNotFoundError}
   */
  send(runId: string, message: ControlMessage): Promise<void>;
  /** The messages of a run behind `after`, in order. Those up to a committed `inboxRead` are gone. */
  mail(runId: string, after: number): Promise<readonly Mail[]>;
  /** Ids of the runs that this host owns and that have mail to be read. */
  unread(incarnation: string): Promise<readonly string[]>;

  /**
   * Keeps an event and puts it into the mailboxes of the runs that wait for it: of the first 1,000 at once, of the
   * others by {@linkcode fanOut}. A message id that is known changes nothing.
   */
  publish(event: NewEvent): Promise<PublishOutcome>;
  /** Goes on with the events that have more waiting runs than fit into one transaction; returns who got mail. */
  fanOut(limit: number): Promise<readonly string[]>;
  /** Forgets up to `limit` events, and their message ids, that were published before a time and are in no mailbox. */
  forgetEvents(before: number, limit: number): Promise<number>;

  /** The epochs of runs, by id, but for those that do not exist. */
  epochs(runIds: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** The contents of definitions of which runs are parked, each once. */
  parked(): Promise<readonly DefinitionContent[]>;
  /** Makes the parked runs of a definition's content due again. */
  unpark(definitionHash: string): Promise<void>;
  /**
   * Calls back when another process may have made a run due, put mail into a mailbox or ended a run; it may call
   * without reason, and a call may be lost. A store without it is looked at by the sweep alone.
   *
   * @param listener called with the ids of the runs that have got mail, where it is known that nothing else has happened
   */
  watch?(listener: (runIds?: readonly string[]) => void): Disposable;
  /**
   * The earliest time at which a run that `which` allows may be claimed, or null: when it is due, or, where a host owns
   * it, when it is due and that host's heartbeat would be over.
   */
  nextDue(which?: Partial<Claimable>): Promise<number | null>;

  /**
   * Locks that lie in the store. One that has them keeps the greatest fence of each name too, its own locks' included, and
   * refuses transitions that come with a smaller one.
   */
  readonly lock?: StoreLock;

  /** A run, or null. */
  get(runId: string): Promise<Instance | null>;
  /** Runs, newest first. */
  list(filter: RunFilter): Promise<readonly Instance[]>;
  /**
   * Summaries of runs, by id, but for those that do not exist; each is of one moment. A hundred are asked for at once: a
   * store reads them together, and nothing of their data.
   */
  summaries(runIds: readonly string[]): Promise<ReadonlyMap<string, RunSummary>>;
  /** All activations kept of a run, in the order of creation. */
  pointers(runId: string): Promise<readonly Pointer[]>;
  /**
   * The activation of a step that completed last: in the first of `scopes` that has one, else anywhere in the run.
   *
   * @param scopes innermost first
   */
  lastCompleted(runId: string, stepKey: string, scopes: readonly BranchScope[]): Promise<Pointer | null>;
  /**
   * Deletes up to `limit` runs that have ended, with all that belongs to them, oldest end first; returns how many.
   * Their idempotency keys are free again.
   */
  purge(filter: PurgeFilter, limit: number): Promise<number>;

  /**
   * Opens a durable sink: from now on every commit keeps for it what its kind says. Where it is open it stays as it is.
   *
   * @param kind `"events"` unless said
   */
  openSink(name: string, kind?: SinkKind): Promise<void>;
  /** Closes a sink; what is kept for it is gone. */
  closeSink(name: string): Promise<void>;
  /**
   * Closes the sinks that no host has opened, or had the right to feed, since a time of the store's clock; returns their
   * names. Nobody asks for what is kept for them, and it would be more for ever.
   */
  closeIdleSinks(since: number): Promise<readonly string[]>;
  /** Takes or renews the right to feed a sink, for `ttl` milliseconds; returns whether this host has it. */
  leaseSink(name: string, incarnation: string, ttl: number): Promise<boolean>;
  /** The oldest entries kept for a sink, in order. */
  readOutbox(sink: string, limit: number): Promise<readonly OutboxEntry[]>;
  /** Forgets the entries of a sink up to a position. */
  clearOutbox(sink: string, upTo: number): Promise<void>;
  /** The dirty runs of a sink whose ids come behind `after`, or all, in the order of their ids' bytes. */
  readDirty(sink: string, limit: number, after?: string): Promise<readonly DirtyRun[]>;
  /** Forgets dirty runs of a sink, but for those that have changed since. */
  clearDirty(sink: string, runs: readonly DirtyRun[]): Promise<void>;

  /**
   * Keeps progress notes, the last of each run. One is left out whose run was claimed or terminated since, or whose
   * attempt has ended.
   */
  putNotes(notes: readonly NewNote[]): Promise<void>;
  /** The notes of runs, by id of the run, but for those whose activations have ended or begun another attempt. */
  notes(runIds: readonly string[]): Promise<ReadonlyMap<string, ProgressNote>>;

  /** Adds lines to the logs; those of runs that do not exist are left out. NUL is kept as its visible sign U+2400. */
  appendLog(lines: readonly LogLine[]): Promise<void>;
  /** A run's log lines, in the order they were added, in pages. */
  readLog(runId: string, page: LogPage): Promise<readonly StoredLogLine[]>;
}

/** A running engine: one incarnation of it. */
export interface HostInfo {
  /** New for each start of a host. */
  readonly incarnation: string;
  /** Process id on its machine. */
  readonly pid: number;
}

/** What {@linkcode Persistence.create} did. */
export interface Created {
  /** The run: the new one, or the one that had been started with the same idempotency key. */
  readonly instance: Instance;
  /** Whether it was there before. */
  readonly existed: boolean;
}

/** Which runs may be claimed. */
export interface Claimable {
  /** Only these runs; without it, all. */
  readonly only?: readonly string[];
  /** None of these definitions, by hash: the host has no code for them. */
  readonly except?: readonly string[];
  /** Only runs whose hosts have died so often in a row, both bounds included. */
  readonly crashes: { readonly from: number; readonly to: number };
}

/** Which runs to take, and what to make of them. */
export interface ClaimRequest extends Claimable {
  /** The claiming host. */
  readonly incarnation: string;
  /** At most so many. */
  readonly limit: number;
  /**
   * Makes the transition of the claim, of the run as it stands and the messages that have not been read. Another host may
   * have been quicker: only what the claim resolves with has been taken.
   */
  readonly take: (state: InstanceState, mail: readonly Mail[]) => Advance;
}

/** What became of one transition. */
export type CommitOutcome =
  | {
    /** It is written. */
    readonly committed: true;
    /** Number of the last message in the mailbox. */
    readonly inboxSeq: number;
    /** Ids of the runs that got mail by what it published. */
    readonly woken: readonly string[];
  }
  | {
    /** Nothing of it is written. */
    readonly committed: false;
    /** Why: a {@linkcode LeaseLostError}, a {@linkcode LockLostError}, or a {@linkcode StoreError} where the store cannot take it. */
    readonly error: Error;
  };

/** What {@linkcode Persistence.publish} did. */
export interface PublishOutcome {
  /** Position of the event in the order of publishing. */
  readonly seq: number;
  /** Whether its message id was known: nothing was written. */
  readonly existed: boolean;
  /** Ids of the runs that got mail so far. */
  readonly woken: readonly string[];
}

/** What is kept for a durable sink. */
export interface OutboxEntry {
  /** Position, rising. */
  readonly seq: number;
  /** What happened. */
  readonly event: LifecycleEvent;
}

/** What is kept for a sink: each lifecycle event, or which runs have changed. */
export type SinkKind = "events" | "runs";

/** A run that has changed, or was purged, since a sink of the kind `"runs"` has cleared it: one entry a run. */
export interface DirtyRun {
  /** Id of the run. Empty in the one that a new sink begins with: nothing is known of what was before. */
  readonly runId: string;
  /** When the run was created. */
  readonly createdAt: number;
  /** Number of its last transition; of a run that was purged, one more. */
  readonly sequence: number;
}

/** Which ended runs to delete. */
export interface PurgeFilter {
  /** Only runs that ended before this time. */
  readonly endedBefore: number;
  /** Only runs in one of these statuses. */
  readonly status?: readonly WorkflowStatus[];
  /** Only runs of this definition. */
  readonly definitionId?: string;
}

/** Which runs to list. */
export interface RunFilter {
  /** Only runs in one of these statuses. */
  readonly status?: readonly WorkflowStatus[];
  /** Only runs of this definition. */
  readonly definitionId?: string;
  /** Only runs whose id begins so. */
  readonly idPrefix?: string;
  /** Only runs with this reference. */
  readonly reference?: string;
  /** Only runs started at this time or later. */
  readonly createdFrom?: number;
  /** Only runs started before this time. */
  readonly createdBefore?: number;
  /** Only runs listed behind this one: the last of the page before. */
  readonly after?: { readonly createdAt: number; readonly id: string };
  /** At most so many, 1 to 1,000. */
  readonly limit: number;
}

/** A content of a definition, as runs refer to it. */
export type DefinitionContent = Pick<Instance, "definitionId" | "version" | "definitionHash">;

/** What a running step says of how far it is. */
export interface ProgressNote {
  /** The note. */
  readonly text: string;
  /** Key of the step. */
  readonly stepKey: string;
  /** Id of the activation. */
  readonly pointerId: number;
  /** The attempt that said it. */
  readonly attempt: number;
  /** When, in milliseconds of the store's clock. */
  readonly at: number;
}

/** A note to be kept. */
export interface NewNote extends Omit<ProgressNote, "stepKey"> {
  /** Id of the run. */
  readonly runId: string;
  /** When the run was created: it tells the run from an earlier one of the same id. */
  readonly createdAt: number;
  /** The epoch under which the attempt runs. */
  readonly epoch: number;
}

/** One line of a step's log. */
export interface LogLine {
  /** Id of the run. */
  readonly runId: string;
  /** Id of the activation. */
  readonly pointerId: number;
  /** The attempt that printed it. */
  readonly attempt: number;
  /** Where it was printed. */
  readonly stream: LogStream;
  /** The line, without its line feed. */
  readonly text: string;
  /** When, in milliseconds of the store's clock. */
  readonly at: number;
}

/** A log line as the store numbers it. */
export interface StoredLogLine extends LogLine {
  /** Position in the store, rising. */
  readonly seq: number;
}

/** Which part of a log to read. */
export interface LogPage {
  /** Only lines behind this position. */
  readonly after?: number;
  /** Only lines of this activation. */
  readonly pointerId?: number;
  /** At most so many. */
  readonly limit: number;
}
