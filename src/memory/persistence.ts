import type { StoredDefinition } from "../definition/hash.ts";
import { storableText } from "../definition/storable_text.ts";
import type { ControlMessage, Instance, Mail, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { type RunSummary, summarize } from "../instance/run_summary.ts";
import type { Advance, BranchScope, NewEvent, Transition } from "../instance/transition.ts";
import type { StoreClock } from "../provider/clock.ts";
import { StoreError } from "../provider/errors.ts";
import type {
  Claimable,
  ClaimRequest,
  CommitOutcome,
  Created,
  DefinitionContent,
  DirtyRun,
  HostInfo,
  LogLine,
  LogPage,
  NewNote,
  OutboxEntry,
  Persistence,
  ProgressNote,
  PublishOutcome,
  PurgeFilter,
  RunFilter,
  SinkKind,
  StoredLogLine,
} from "../provider/persistence.ts";
import { Definitions } from "./definitions.ts";
import { Deliveries } from "./deliveries.ts";
import { EventLog } from "./event_log.ts";
import { Hosts } from "./hosts.ts";
import { MemoryLock } from "./lock.ts";
import { Logs } from "./logs.ts";
import { Notes } from "./notes.ts";
import { Outbox } from "./outbox.ts";
import { RunTable } from "./run_table.ts";
import { Writer } from "./writer.ts";

/** Options of {@linkcode MemoryPersistence}. */
export interface MemoryOptions {
  /**
   * The store's clock, which rules leases and due times.
   *
   * @default Date
   */
  readonly clock?: StoreClock;
}

/**
 * The reference implementation of {@linkcode Persistence}: everything in memory, gone with the process. Every method
 * does its work before it returns, so none sees another's half done; no other process can change anything, so there
 * is nothing to watch.
 */
export class MemoryPersistence implements Persistence {
  /** Commits are done in the order in which they are asked for. */
  readonly commitsInOrder = true;
  /** Locks that lie beside the runs. */
  readonly lock: MemoryLock;
  readonly #clock: StoreClock;
  readonly #hosts = new Hosts();
  readonly #definitions = new Definitions();
  readonly #runs = new RunTable();
  readonly #logs = new Logs(this.#runs);
  readonly #notes = new Notes(this.#runs);
  readonly #events = new EventLog();
  readonly #deliveries = new Deliveries(this.#events, this.#runs);
  readonly #outbox = new Outbox();
  readonly #writer: Writer;
  #closed = false;

  /** An empty store. */
  constructor({ clock = Date }: MemoryOptions = {}) {
    this.#clock = clock;
    this.lock = new MemoryLock({ clock });
    this.#writer = new Writer({
      definitions: this.#definitions,
      hosts: this.#hosts,
      runs: this.#runs,
      deliveries: this.#deliveries,
      outbox: this.#outbox,
      locks: this.lock,
    });
  }

  /** Milliseconds since 1970 by the clock of the options. */
  now(): number {
    return this.#clock.now();
  }

  /** Enters or renews a heartbeat. */
  renewHost(host: HostInfo, ttl: number): Promise<boolean> {
    return this.#do(() => this.#hosts.renew(host, this.now() + ttl));
  }

  /** Takes a host out. */
  removeHost(incarnation: string): Promise<void> {
    return this.#do(() => this.#deleteHost(incarnation));
  }

  /** The living host that owns a run. */
  ownerOf(runId: string): Promise<HostInfo | null> {
    return this.#do(() => this.#hosts.living(this.#runs.find(runId)?.instance.owner ?? "", this.now()));
  }

  /** Keeps a definition. */
  saveDefinition(definition: StoredDefinition): Promise<void> {
    return this.#do(() => this.#definitions.save(definition));
  }

  /** All contents kept of an id and version. */
  getRevisions(id: string, version: number): Promise<readonly StoredDefinition[]> {
    return this.#do(() => this.#definitions.revisions(id, version));
  }

  /** A kept definition. */
  getDefinition(hash: string): Promise<StoredDefinition | null> {
    return this.#do(() => this.#definitions.get(hash));
  }

  /** Starts a run, or finds the one with its idempotency key. */
  create(start: Transition): Promise<Created> {
    return this.#do(() => this.#writer.create(start, this.now()));
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  claim(request: ClaimRequest): Promise<readonly Advance[]> {
    return this.#do(() => {
      const now = this.now();
      for (const incarnation of this.#hosts.dead(now)) this.#deleteHost(incarnation);
      if (!this.#hosts.has(request.incarnation)) return [];
      const advances = this.#runs.due(request, request.limit, now).map((run) => {
        const state = run.state();
        return request.take(state, run.readMail(state.instance.inboxRead));
      });
      const checked = advances.map(({ transition }) => this.#writer.check(transition));
      for (const transition of checked) this.#writer.write(transition, now);
      return advances;
    });
  }

  /** Writes transitions; each that is refused leaves the others as they are. */
  commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    return this.#do(() => {
      const now = this.now();
      return transitions.map((transition): CommitOutcome => {
        try {
          return this.#writer.write(this.#writer.check(transition), now);
        } catch (error) {
          return { committed: false, error: error as Error };
        }
      });
    });
  }

  /** Reads a run and writes what follows. */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    return this.#do(() => {
      const advance = change(this.#runs.get(runId).state());
      if (advance) this.#writer.write(this.#writer.check(advance.transition), this.now());
      return advance;
    });
  }

  /** Puts a message into a run's mailbox. */
  send(runId: string, { kind, reason }: ControlMessage): Promise<void> {
    return this.#do(() => {
      const message = Object.freeze({ kind, reason: reason && storableText(reason) });
      this.#runs.mail(this.#runs.get(runId), { message }, this.now());
    });
  }

  /** Messages of a run. */
  mail(runId: string, after: number): Promise<readonly Mail[]> {
    return this.#do(() => this.#runs.find(runId)?.readMail(after) ?? []);
  }

  /** Ids of the runs of a host that have mail to be read. */
  unread(incarnation: string): Promise<readonly string[]> {
    return this.#do(() => this.#runs.unread(incarnation).map(({ instance }) => instance.id));
  }

  /** Keeps an event and mails it to the first runs that wait for it. */
  publish(event: NewEvent): Promise<PublishOutcome> {
    return this.#do(() => this.#deliveries.publish(event, this.now()));
  }

  /** Goes on with the events that have more waiting runs than one transaction serves. */
  fanOut(limit: number): Promise<readonly string[]> {
    return this.#do(() => this.#deliveries.fanOut(limit, this.now()));
  }

  /** Forgets events of the past that are in no mailbox. */
  forgetEvents(before: number, limit: number): Promise<number> {
    return this.#do(() => this.#events.forget(before, limit));
  }

  /** The epochs of runs. */
  epochs(runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#do(() => {
      const found = runIds.map((id) => this.#runs.find(id)?.instance).filter((instance) =>
        instance !== undefined
      );
      return new Map(found.map(({ id, epoch }) => [id, epoch]));
    });
  }

  /** The contents of definitions of which runs are parked. */
  parked(): Promise<readonly DefinitionContent[]> {
    return this.#do(() => {
      const contents = new Map<string, DefinitionContent>();
      for (const { instance: { definitionId, version, definitionHash } } of this.#runs.parked) {
        contents.set(definitionHash, { definitionId, version, definitionHash });
      }
      return [...contents.values()];
    });
  }

  /** Makes the parked runs of a definition's content due again. */
  unpark(definitionHash: string): Promise<void> {
    return this.#do(() => {
      for (const run of [...this.#runs.parked]) {
        if (run.instance.definitionHash !== definitionHash) continue;
        this.#runs.update(run, { parkedReason: null, nextWake: this.now() });
      }
    });
  }

  /** When the next run may be claimed. */
  nextDue(which: Partial<Claimable> = {}): Promise<number | null> {
    return this.#do(() => this.#runs.nextDue(which, (owner) => this.#hosts.deadAt(owner)));
  }

  /** A run. */
  get(runId: string): Promise<Instance | null> {
    return this.#do(() => this.#runs.find(runId)?.instance ?? null);
  }

  /** Runs, newest first. */
  list(filter: RunFilter): Promise<readonly Instance[]> {
    return this.#do(() => this.#runs.list(filter));
  }

  /** Summaries of runs. */
  summaries(runIds: readonly string[]): Promise<ReadonlyMap<string, RunSummary>> {
    return this.#do(() => {
      const runs = runIds.map((id) => this.#runs.find(id)).filter((run) => run !== undefined);
      return new Map(
        runs.map(({ instance, activations }) => [instance.id, summarize(instance, activations.all())]),
      );
    });
  }

  /** All activations kept of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return this.#do(() => this.#runs.find(runId)?.activations.all() ?? []);
  }

  /** The activation of a step that completed last. */
  lastCompleted(runId: string, stepKey: string, scopes: readonly BranchScope[]): Promise<Pointer | null> {
    return this.#do(() => this.#runs.find(runId)?.activations.lastCompleted(stepKey, scopes) ?? null);
  }

  /** Deletes ended runs, with all that belongs to them. */
  purge(filter: PurgeFilter, limit: number): Promise<number> {
    return this.#do(() => {
      const ended = this.#runs.ended(filter, limit);
      for (const run of ended) {
        this.#deliveries.forget(run);
        this.#outbox.mark(run.instance, true);
        this.#runs.delete(run);
      }
      return ended.length;
    });
  }

  /** Opens a durable sink. */
  openSink(name: string, kind: SinkKind = "events"): Promise<void> {
    return this.#do(() => this.#outbox.open(name, kind, this.now()));
  }

  /** Closes a sink. */
  closeSink(name: string): Promise<void> {
    return this.#do(() => this.#outbox.close(name));
  }

  /** Closes the sinks that nobody has fed since a time. */
  closeIdleSinks(since: number): Promise<readonly string[]> {
    return this.#do(() => this.#outbox.closeIdle(since));
  }

  /** Takes or renews the right to feed a sink, for a host that is entered. */
  leaseSink(name: string, incarnation: string, ttl: number): Promise<boolean> {
    return this.#do(() => {
      const now = this.now();
      return this.#hosts.has(incarnation) && this.#outbox.lease(name, incarnation, now + ttl, now);
    });
  }

  /** The oldest entries kept for a sink. */
  readOutbox(sink: string, limit: number): Promise<readonly OutboxEntry[]> {
    return this.#do(() => this.#outbox.read(sink, limit));
  }

  /** Forgets the entries of a sink up to a position. */
  clearOutbox(sink: string, upTo: number): Promise<void> {
    return this.#do(() => this.#outbox.clear(sink, upTo));
  }

  /** The dirty runs of a sink behind an id. */
  readDirty(sink: string, limit: number, after?: string): Promise<readonly DirtyRun[]> {
    return this.#do(() => this.#outbox.readDirty(sink, limit, after));
  }

  /** Forgets dirty runs of a sink that have not changed since. */
  clearDirty(sink: string, runs: readonly DirtyRun[]): Promise<void> {
    return this.#do(() => this.#outbox.clearDirty(sink, runs));
  }

  /** Keeps progress notes. */
  putNotes(notes: readonly NewNote[]): Promise<void> {
    return this.#do(() => this.#notes.put(notes));
  }

  /** The progress notes of runs. */
  notes(runIds: readonly string[]): Promise<ReadonlyMap<string, ProgressNote>> {
    return this.#do(() => this.#notes.read(runIds));
  }

  /** Adds lines to the logs. */
  appendLog(lines: readonly LogLine[]): Promise<void> {
    return this.#do(() => this.#logs.append(lines));
  }

  /** A page of a run's log. */
  readLog(runId: string, page: LogPage): Promise<readonly StoredLogLine[]> {
    return this.#do(() => this.#logs.read(runId, page));
  }

  /** Refuses everything from now on. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Runs `work` at once; what it throws becomes a rejection. */
  // deno-lint-ignore require-await
  async #do<Result>(work: () => Result): Promise<Result> {
    if (this.#closed) throw new StoreError("closed", "Cannot use the store in memory: it is closed");
    return work();
  }

  #deleteHost(incarnation: string): void {
    this.#hosts.delete(incarnation);
    this.#outbox.release(incarnation);
    for (const run of this.#runs.ownedBy(incarnation)) this.#runs.update(run, { owner: null });
  }
}
