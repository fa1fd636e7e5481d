import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import type { ControlMessage, Instance, Mail, Pointer } from "../../src/instance/instance.ts";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import type { RunSummary } from "../../src/instance/run_summary.ts";
import type { Advance, BranchScope, NewEvent, Transition } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { LeaseLostError, RunExistsError, RunNotFoundError, StoreError } from "../../src/provider/errors.ts";
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
} from "../../src/provider/persistence.ts";
import { Bell } from "../bell.ts";
import { Changes } from "./changes.ts";
import { Channel } from "./channel.ts";
import type { PostgresClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { findDefinition, findRevisions, saveDefinition } from "./definitions.ts";
import { clearDirty, readDirty } from "./dirty.ts";
import { toStoreError } from "./errors.ts";
import { forgetEvents, isFanningOut, sendOn } from "./events.ts";
import { whyRefused } from "./fences.ts";
import { enterHost, ownerOf, readTime, removeDeadHosts, removeHost } from "./hosts.ts";
import { PostgresLifecycle } from "./lifecycle.ts";
import { PostgresLock } from "./lock.ts";
import { appendLines, readLines } from "./logs.ts";
import { readMail, sendMail, unreadRuns } from "./mailbox.ts";
import { isThere, migrate } from "./migrations.ts";
import { putNotes, readNotes } from "./notes.ts";
import { connectionOf, openConnection } from "./open_connection.ts";
import { type CompleteOptions, completeOptions, type PostgresOptions } from "./options.ts";
import { clearOutbox, closeIdleSinks, closeSink, leaseSink, openSink, readOutbox } from "./outbox.ts";
import { allPointers, lastCompleted } from "./pointers.ts";
import { Publisher } from "./publisher.ts";
import { purgeRuns } from "./purge.ts";
import { PostgresQueue } from "./queue.ts";
import {
  epochsOf,
  findRun,
  findRunByKey,
  listRuns,
  nextDueOf,
  parkedContents,
  unparkRunsOf,
} from "./runs.ts";
import { ServerClock } from "./server_clock.ts";
import { readSummaries } from "./summaries.ts";
import { Writer, type WriteResult } from "./writer.ts";

/**
 * Keeps workflows in a PostgreSQL database. Any number of programs on any machines may share it.
 *
 * @example Usage
 * ```ts ignore
 * import { PostgresProvider } from "@wfe/engine/postgres";
 *
 * await using provider = await PostgresProvider.open("postgres://app@127.0.0.1:5432/app");
 * ```
 */
export class PostgresProvider implements Persistence {
  /** The transitions of a run are written in the order in which they are asked for; those of others mind no order. */
  readonly commitsInOrder = true;
  /** Locks in the same database. */
  readonly lock: PostgresLock;
  /** A queue of hints in the same database. */
  readonly queue: PostgresQueue;
  /** A lifecycle sink in the same database, with the last events. */
  readonly lifecycle: PostgresLifecycle;
  readonly #connection: Connection;
  readonly #channel: Channel | null;
  readonly #clock: StoreClock;
  /** Null where the clock is the caller's. */
  readonly #serverClock: ServerClock | null;
  readonly #writer: Writer;
  /** Does one thing after the other; null where events go by any connection. */
  readonly #publishing: Connection | null;
  readonly #publisher: Publisher;
  readonly #changes: Changes;
  readonly #atEnd: "close" | "keep";
  /** Hashes of the definitions that are kept for sure. */
  readonly #saved = new Set<string>();
  /** Lines go one after the other, so that who follows a log sees no later one first. */
  #logs: Promise<unknown> = Promise.resolve();
  readonly #freed: Bell;
  readonly #pushed: Bell;
  readonly #closed = new AbortController();
  #closing: Promise<void> | null = null;

  private constructor(
    connection: Connection,
    publishing: Connection | null,
    channel: Channel | null,
    { clock, visibility, sink, keep }: CompleteOptions,
    atEnd: "close" | "keep",
  ) {
    this.#connection = connection;
    this.#channel = channel;
    this.#serverClock = clock ? null : new ServerClock();
    this.#clock = clock ?? this.#serverClock!;
    this.#atEnd = atEnd;
    this.#writer = new Writer({ connection, clock: this.#clock });
    this.#publishing = publishing;
    this.#publisher = new Publisher({
      connection: publishing ?? connection,
      isOrdered: publishing !== null,
      clock: this.#clock,
      channel,
    });
    this.#changes = new Changes({
      connection,
      writer: this.#writer,
      clock: this.#clock,
      removeDead: () => this.#removeDead(),
    });
    this.#freed = new Bell(channel?.topic("freed") ?? null);
    this.#pushed = new Bell(channel?.topic("hints") ?? null);
    const parts = { connection, clock: this.#clock };
    this.lock = new PostgresLock({ ...parts, freed: this.#freed });
    this.queue = new PostgresQueue({
      ...parts,
      pushed: this.#pushed,
      closed: this.#closed.signal,
      visibility,
    });
    this.lifecycle = new PostgresLifecycle({ connection, sink, keep });
  }

  /**
   * Opens a store in a database, making its schema where there is none.
   *
   * @param url like `postgres://user:password@host:5432/database?schema=wfe`; what it leaves out is read from `PGUSER`,
   * `PGPASSWORD` and so on, where the environment may be read
   * @throws {StoreError} when it cannot be used: `problem` tells why, the message what helps
   */
  static async open(url: string | URL, options: PostgresOptions = {}): Promise<PostgresProvider> {
    const { connection, connect, maker, options: complete } = await openConnection(url, options);
    const listening = (onNotify: (payload: string) => void, onClose: () => void) =>
      maker.make({ most: 1, onNotify: (_, payload) => onNotify(payload), onClose });
    const channel = complete.listen ? new Channel({ connection, connect: listening, listenBy: null }) : null;
    const provider = new PostgresProvider(connection, channel && connect(1), channel, complete, "close");
    return await provider.#prepare(complete);
  }

  /**
   * Uses a client of the caller's, of `npm:postgres`, who closes it after the provider. What concerns its connections is
   * the caller's to set: how many, how long they live, what they wait for; `jit` and `enable_seqscan` off, as the
   * provider's own connections have them, keep plans to lookups by key.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async from(client: PostgresClient, options: PostgresOptions = {}): Promise<PostgresProvider> {
    const complete = completeOptions(options);
    const connection = connectionOf(client, "of the caller's client", complete);
    const channel = complete.listen ? new Channel({ connection, connect: null, listenBy: client }) : null;
    const provider = new PostgresProvider(connection, null, channel, complete, "keep");
    return await provider.#prepare(complete);
  }

  async #prepare({ durability, create }: CompleteOptions): Promise<this> {
    try {
      if (!create) await this.#refuseWhereMissing();
      await migrate(this.#connection);
      await this.#refuseWhereUnfit(durability);
      const sentAt = this.#serverClock?.mark() ?? 0;
      this.#serverClock?.measure(sentAt, await readTime(this.#connection));
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw toStoreError(error, "open", this.#connection.name);
    }
  }

  async #refuseWhereMissing(): Promise<void> {
    const { name, schema } = this.#connection;
    if (await isThere(this.#connection)) return;
    throw new StoreError(
      "missing",
      `Cannot open database ${name}: it has no store in schema ${schema.name}; check the name, or leave \`create\` out to make one`,
    );
  }

  async #refuseWhereUnfit(durability: CompleteOptions["durability"]): Promise<void> {
    const { encoding, commit, isolation } = (await this.#connection.get<Settings>("open", selectSettings))!;
    const refuse = (why: string): never => {
      throw new StoreError("unsupported", `Cannot open database ${this.#connection.name}: its ${why}`);
    };
    if (encoding !== "UTF8") {
      refuse(
        `encoding is ${encoding}, so that most texts cannot be written; make a database with ENCODING 'UTF8'`,
      );
    }
    if (isolation !== "read committed") {
      refuse(
        `default_transaction_isolation is ${isolation}, so that a transaction does not see what was committed while it waited, and events would be lost; set it to 'read committed' for this role`,
      );
    }
    if (durability === "power" && commit === "off") {
      refuse(
        `synchronous_commit is off, so that what is acknowledged may be lost; set it on for this role, or open it with { durability: "process" }`,
      );
    }
  }

  /** Milliseconds since 1970 by the server's clock, or that of the options. */
  now(): number {
    return this.#clock.now();
  }

  /** Enters or renews a heartbeat, and measures the server's clock. */
  async renewHost(host: HostInfo, ttl: number): Promise<boolean> {
    const sentAt = this.#serverClock?.mark() ?? 0;
    const { entered, time, hasSink } = await enterHost(this.#connection, host, this.now() + ttl);
    this.#serverClock?.measure(sentAt, time);
    this.#writer.keepsEvents = hasSink;
    return entered;
  }

  /** Takes a host out. */
  async removeHost(incarnation: string): Promise<void> {
    await removeHost(this.#connection, incarnation, this.now());
    this.#signal();
  }

  /** The living host that owns a run. */
  ownerOf(runId: string): Promise<HostInfo | null> {
    return ownerOf(this.#connection, runId, this.now());
  }

  /** Keeps a definition; asks the server once, for it forgets none. */
  async saveDefinition(definition: StoredDefinition): Promise<void> {
    if (this.#saved.has(definition.hash)) return;
    await saveDefinition(this.#connection, definition);
    this.#saved.add(definition.hash);
  }

  /** The contents of an id and version, newest first. */
  getRevisions(id: string, version: number): Promise<readonly StoredDefinition[]> {
    return findRevisions(this.#connection, id, version);
  }

  /** A kept definition. */
  getDefinition(hash: string): Promise<StoredDefinition | null> {
    return findDefinition(this.#connection, hash);
  }

  /** Starts a run, or finds the one with its idempotency key. */
  async create(start: Transition): Promise<Created> {
    const { id, idempotencyKey, data, vars } = start.instance;
    for (;;) {
      const kept = await this.#write(`start run ${id}`, start, true);
      if (kept) {
        const { owner, inboxSeq, nextWake } = kept;
        if (owner === null || kept.woken.length > 0) this.#signal();
        const own = deepFreeze(
          JSON.parse(JSON.stringify({ data, vars })) as { data: JsonObject; vars: JsonObject },
        );
        return {
          instance: Object.freeze({ ...start.instance, ...own, owner, inboxSeq, nextWake }),
          existed: false,
        };
      }
      const known = idempotencyKey === null ? null : await findRunByKey(this.#connection, idempotencyKey);
      if (known) return { instance: known, existed: true };
      if (await findRun(this.#connection, id)) throw new RunExistsError(id);
      // What stood in the way has been purged since.
    }
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  claim(request: ClaimRequest): Promise<readonly Advance[]> {
    return this.#changes.claim(request);
  }

  /** Writes transitions, in one transaction as far as they wait together; each that is refused leaves the others as they are. */
  async commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    this.#refuseWhereClosed("commit");
    const results = await Promise.all(
      transitions.map((each) => this.#writer.write(`commit to run ${each.instance.id}`, each, false)),
    );
    const trouble = results.find((result) => result instanceof StoreError && result.retryable);
    if (trouble instanceof Error) {
      // All are asked for again; those that are written are then found to be.
      this.#writer.doubt(transitions);
      throw trouble;
    }
    const outcomes = results.map((result, index) => this.#outcome(transitions[index]!, result));
    for (const [index, transition] of transitions.entries()) {
      const mayBeLock = results[index] === null && transition.fences.length > 0;
      if (mayBeLock) {
        outcomes[index] = { committed: false, error: await whyRefused(this.#connection, transition) };
      }
    }
    return outcomes;
  }

  #outcome({ instance, epoch }: Transition, result: WriteResult): CommitOutcome {
    if (result instanceof Error) return { committed: false, error: result };
    if (!result) return { committed: false, error: new LeaseLostError(instance.id, epoch) };
    const { inboxSeq, woken } = result;
    // Let go, ended, or with mail for others: while a run goes on with its owner, nobody else need know.
    if (instance.owner === null || woken.length > 0) this.#signal();
    return { committed: true, inboxSeq, woken };
  }

  /** Reads a run and writes what follows, in one transaction. */
  async change(
    runId: string,
    change: (state: InstanceState) => Advance | null,
  ): Promise<Advance | null> {
    const advance = await this.#changes.change(runId, change);
    if (advance) this.#signal();
    return advance;
  }

  /** Puts a message into a run's mailbox. */
  async send(runId: string, message: ControlMessage): Promise<void> {
    if (!await sendMail(this.#connection, runId, message, this.now())) throw new RunNotFoundError(runId);
    this.#signal();
  }

  /** Messages of a run. */
  mail(runId: string, after: number): Promise<readonly Mail[]> {
    return readMail(this.#connection, runId, after);
  }

  /** Ids of the runs of a host that have mail to be read. */
  unread(incarnation: string): Promise<readonly string[]> {
    return unreadRuns(this.#connection, incarnation);
  }

  /** Keeps an event and sends it to the runs that wait for it. */
  async publish(event: NewEvent): Promise<PublishOutcome> {
    this.#refuseWhereClosed(`publish event ${event.name}`);
    return await this.#publisher.publish(event);
  }

  /** Goes on with the events that have not reached all who wait for them. */
  async fanOut(limit: number): Promise<readonly string[]> {
    const woken: string[] = [];
    const isAny = await isFanningOut(this.#connection);
    while (isAny && woken.length < limit) {
      const more = await sendOn(this.#connection, limit - woken.length, this.now());
      if (!more) break;
      woken.push(...more);
    }
    if (woken.length > 0) this.#signal();
    return woken;
  }

  /** Forgets old events. */
  forgetEvents(before: number, limit: number): Promise<number> {
    return forgetEvents(this.#connection, before, limit);
  }

  /** The epochs of runs. */
  epochs(runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return epochsOf(this.#connection, runIds);
  }

  /** The contents of definitions of which runs are parked. */
  parked(): Promise<readonly DefinitionContent[]> {
    return parkedContents(this.#connection);
  }

  /** Makes the parked runs of a definition's content due again. */
  async unpark(definitionHash: string): Promise<void> {
    await unparkRunsOf(this.#connection, definitionHash, this.now());
    this.#signal();
  }

  /** Calls back when a provider elsewhere signals, unless the option `listen` is off. */
  watch(listener: (runIds?: readonly string[]) => void): Disposable {
    return this.#channel?.watch(listener) ?? { [Symbol.dispose]: () => {} };
  }

  /** When the next run may be claimed. */
  nextDue(which: Partial<Claimable> = {}): Promise<number | null> {
    return nextDueOf(this.#connection, which);
  }

  /** A run. */
  get(runId: string): Promise<Instance | null> {
    return findRun(this.#connection, runId);
  }

  /** Runs, newest first. */
  list(filter: RunFilter): Promise<readonly Instance[]> {
    return listRuns(this.#connection, filter);
  }

  /** Summaries of runs, by one statement. */
  summaries(runIds: readonly string[]): Promise<ReadonlyMap<string, RunSummary>> {
    return readSummaries(this.#connection, runIds);
  }

  /** All activations kept of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return allPointers(this.#connection, runId);
  }

  /** The activation of a step that completed last. */
  lastCompleted(runId: string, stepKey: string, scopes: readonly BranchScope[]): Promise<Pointer | null> {
    return lastCompleted(this.#connection, runId, stepKey, scopes);
  }

  /** Deletes runs that have ended. */
  purge(filter: PurgeFilter, limit: number): Promise<number> {
    return purgeRuns(this.#connection, filter, limit);
  }

  /** Opens a durable sink. */
  openSink(name: string, kind: SinkKind = "events"): Promise<void> {
    return openSink(this.#connection, name, kind, this.now());
  }

  /** Closes a sink. */
  closeSink(name: string): Promise<void> {
    return closeSink(this.#connection, name);
  }

  /** Closes the sinks that nobody has fed since a time. */
  closeIdleSinks(since: number): Promise<readonly string[]> {
    return closeIdleSinks(this.#connection, since);
  }

  /** Takes or renews the right to feed a sink. */
  leaseSink(name: string, incarnation: string, ttl: number): Promise<boolean> {
    const now = this.now();
    return leaseSink(this.#connection, name, incarnation, now + ttl, now);
  }

  /** The oldest entries kept for a sink. */
  readOutbox(sink: string, limit: number): Promise<readonly OutboxEntry[]> {
    return readOutbox(this.#connection, sink, limit);
  }

  /** Forgets the entries of a sink up to a position. */
  clearOutbox(sink: string, upTo: number): Promise<void> {
    return clearOutbox(this.#connection, sink, upTo);
  }

  /** The dirty runs of a sink behind an id. */
  readDirty(sink: string, limit: number, after?: string): Promise<readonly DirtyRun[]> {
    return readDirty(this.#connection, sink, limit, after);
  }

  /** Forgets dirty runs of a sink that have not changed since. */
  clearDirty(sink: string, runs: readonly DirtyRun[]): Promise<void> {
    return clearDirty(this.#connection, sink, runs);
  }

  /** Keeps progress notes, in one transaction. */
  putNotes(notes: readonly NewNote[]): Promise<void> {
    return putNotes(this.#connection, notes);
  }

  /** The progress notes of runs. */
  notes(runIds: readonly string[]): Promise<ReadonlyMap<string, ProgressNote>> {
    return readNotes(this.#connection, runIds);
  }

  /** Adds lines to the logs, in one transaction. */
  appendLog(lines: readonly LogLine[]): Promise<void> {
    const appended = this.#logs.then(() => appendLines(this.#connection, lines));
    this.#logs = appended.catch(() => {});
    return appended;
  }

  /** A page of a run's log. */
  readLog(runId: string, page: LogPage): Promise<readonly StoredLogLine[]> {
    return readLines(this.#connection, runId, page);
  }

  /** Lets what is under way end, and closes the connections, unless they are the caller's. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= (async () => {
      this.#closed.abort();
      this.#freed[Symbol.dispose]();
      this.#pushed[Symbol.dispose]();
      await this.#writer.close();
      await this.#publisher.close();
      await this.#logs;
      this.#connection.shut();
      await this.#channel?.close();
      await this.#publishing?.close("close");
      await this.#connection.close(this.#atEnd);
    })();
  }

  async #write(what: string, transition: Transition, isStart: boolean): Promise<Exclude<WriteResult, Error>> {
    this.#refuseWhereClosed(what);
    const result = await this.#writer.write(what, transition, isStart);
    if (result instanceof Error) throw result;
    return result;
  }

  async #removeDead(): Promise<void> {
    if (await removeDeadHosts(this.#connection, this.now()) > 0) this.#signal();
  }

  #refuseWhereClosed(what: string): void {
    if (!this.#closing) return;
    throw new StoreError("closed", `Cannot ${what} (database ${this.#connection.name}): it is closed`);
  }

  /** Other processes may have something to do. */
  #signal(): void {
    this.#channel?.signal();
  }
}

const selectSettings = `
  SELECT json_build_object(
    'encoding', current_setting('server_encoding'),
    'commit', current_setting('synchronous_commit'),
    'isolation', current_setting('default_transaction_isolation'))::text AS r`;

/** What a connection is set to. */
interface Settings {
  readonly encoding: string;
  readonly commit: string;
  readonly isolation: string;
}
