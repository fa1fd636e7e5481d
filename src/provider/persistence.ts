import type { StoredDefinition } from "../definition/hash.ts";
import type { LogStream } from "../definition/step_context.ts";
import type { ControlIntent, Instance, InstanceState, Mail, Pointer } from "../instance/instance.ts";
import type { WorkflowStatus } from "../instance/status.ts";
import type { Advance, Transition } from "../instance/transition.ts";

/**
 * Keeps definitions, runs, mailboxes and logs. It speaks in transitions with preconditions: nothing is ever saved
 * whole, and a write that names a stale epoch changes nothing.
 *
 * Every method may reject with a {@linkcode StoreError}; what it asked for was then not done.
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

  /** Keeps a definition under its hash; does nothing where it is kept already. */
  saveDefinition(definition: StoredDefinition): Promise<void>;
  /** A kept definition, or null. */
  getDefinition(hash: string): Promise<StoredDefinition | null>;

  /**
   * Starts a run, whose definition must be kept already. With an idempotency key that is known, nothing is written
   * and the existing run is returned. Here as in every write, an owner that is not an entered host is kept as none.
   *
   * @throws {RunExistsError} when there is a run with this id
   */
  create(start: Transition): Promise<Created>;
  /**
   * Takes due runs whose owner is dead or none, oldest first, and makes of each what `take` says. A host whose own
   * heartbeat is over gets none.
   */
  claim(request: ClaimRequest): Promise<readonly Advance[]>;
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
  send(runId: string, intent: ControlIntent, reason: string | null): Promise<void>;
  /** The messages of a run behind `after`, in order. */
  mail(runId: string, after: number): Promise<readonly Mail[]>;

  /** Makes parked runs of a definition due again. */
  unpark(definitionId: string): Promise<void>;
  /**
   * The earliest time at which a run may be claimed, or null: when it is due, or, where a host owns it, when it is
   * due and that host's heartbeat would be over. `only` restricts it to these runs.
   */
  nextDue(only?: readonly string[]): Promise<number | null>;

  /** A run, or null. */
  get(runId: string): Promise<Instance | null>;
  /** Runs, newest first. */
  list(filter: RunFilter): Promise<readonly Instance[]>;
  /** All activations of a run, in the order of creation. */
  pointers(runId: string): Promise<readonly Pointer[]>;

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

/** Which runs to take, and what to make of them. */
export interface ClaimRequest {
  /** The claiming host. */
  readonly incarnation: string;
  /** At most so many. */
  readonly limit: number;
  /** Only these runs; without it, all. */
  readonly only?: readonly string[];
  /** The transition of the claim. */
  readonly take: (state: InstanceState) => Advance;
}

/** What became of one transition. */
export type CommitOutcome =
  | {
    /** It is written. */
    readonly committed: true;
    /** Number of the last message in the mailbox. */
    readonly inboxSeq: number;
  }
  | {
    /** Nothing of it is written. */
    readonly committed: false;
    /** Why: a {@linkcode LeaseLostError}. */
    readonly error: Error;
  };

/** Which runs to list. */
export interface RunFilter {
  /** Only runs in one of these statuses. */
  readonly status?: readonly WorkflowStatus[];
  /** Only runs of this definition. */
  readonly definitionId?: string;
  /** Only runs whose id begins so. */
  readonly idPrefix?: string;
  /** Only runs listed behind this one: the last of the page before. */
  readonly after?: { readonly createdAt: number; readonly id: string };
  /** At most so many, 1 to 1,000. */
  readonly limit: number;
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
