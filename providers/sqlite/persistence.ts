import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import type { ControlMessage, Instance, Mail, Pointer } from "../../src/instance/instance.ts";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import type { RunSummary } from "../../src/instance/run_summary.ts";
import type { Advance, BranchScope, NewEvent, Transition } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { RunExistsError, RunNotFoundError } from "../../src/provider/errors.ts";
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
import type { Connection } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { findDefinition, findRevisions, saveDefinition } from "./definitions.ts";
import { clearDirty, readDirty } from "./dirty.ts";
import {
  continueFanOut,
  forgetEvents,
  isFanningOut,
  publishEvent,
  selectMessage,
  wokenBy,
} from "./events.ts";
import { whyRefused } from "./fences.ts";
import { type DatabaseFile, openFile, pathName } from "./file.ts";
import type { HostLocks } from "./host_locks.ts";
import { enterHost, hostDeadlines, ownerOf, removeHost, sweepLocks } from "./hosts.ts";
import { appendLines, readLines } from "./logs.ts";
import { SqliteLifecycle } from "./lifecycle.ts";
import { SqliteLock } from "./lock.ts";
import { readMail, sendMail, unreadRuns } from "./mailbox.ts";
import { putNotes, readNotes } from "./notes.ts";
import { prepare, type Prepared, type SqliteOptions } from "./options.ts";
import { clearOutbox, closeIdleSinks, closeSink, leaseSink, openSink, readOutbox } from "./outbox.ts";
import { allPointers, lastCompleted } from "./pointers.ts";
import { purgeRuns } from "./purge.ts";
import { SqliteQueue } from "./queue.ts";
import {
  epochsOf,
  findRun,
  findRunByKey,
  listRuns,
  nextDueOf,
  parkedContents,
  unparkRunsOf,
} from "./runs.ts";
import { forgetStatistics } from "./statistics.ts";
import { readSummaries } from "./summaries.ts";
import { createRun, readKept, writeTransition } from "./transitions.ts";
import { Writer } from "./writer.ts";
import { startWriterThread } from "./writer_thread.ts";

/**
 * Keeps workflows in an SQLite database. Any number of programs on one machine may share a file.
 *
 * @example Usage
 * ```ts
 * import { SqliteProvider } from "@wfe/engine/sqlite";
 *
 * await using provider = await SqliteProvider.open(`${await Deno.makeTempDir()}/app.db`);
 * ```
 */
export class SqliteProvider implements Persistence {
  /** Commits are done in the order in which they are asked for. */
  readonly commitsInOrder = true;
  /** Locks in the same database. */
  readonly lock: SqliteLock;
  /** A queue of hints in the same database. */
  readonly queue: SqliteQueue;
  /** A lifecycle sink in the same database, with the last events. */
  readonly lifecycle: SqliteLifecycle;
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #changes: Changes;
  readonly #clock: StoreClock;
  readonly #file: DatabaseFile | null;
  readonly #atEnd: "close" | "keep";
  readonly #freed: Bell;
  readonly #pushed: Bell;
  readonly #closed = new AbortController();
  #closing: Promise<void> | null = null;

  private constructor(prepared: Prepared, file: DatabaseFile | null, atEnd: "close" | "keep") {
    const { connection, clock, writer: mode, durability, busyTimeout, visibility, sink, keep } = prepared;
    this.#connection = connection;
    this.#clock = clock;
    this.#file = file;
    this.#atEnd = atEnd;
    const startThread = file && (() => startWriterThread(file, durability, busyTimeout));
    this.#writer = new Writer({ connection, clock, startThread, mode: file ? mode : "main" });
    this.#changes = new Changes({ connection, writer: this.#writer, locks: this.#locks });
    this.#freed = new Bell(file?.unlocked ?? null);
    this.#pushed = new Bell(file?.hinted ?? null);
    const parts = { connection, writer: this.#writer, clock };
    this.lock = new SqliteLock({ ...parts, freed: this.#freed });
    this.queue = new SqliteQueue({
      ...parts,
      pushed: this.#pushed,
      closed: this.#closed.signal,
      visibility,
    });
    this.lifecycle = new SqliteLifecycle({ ...parts, sink, keep });
  }

  /**
   * Opens a database file, making it where there is none, or `:memory:`.
   *
   * @throws {StoreError} when it cannot be used: `problem` tells why, the message what helps
   */
  static async open(path: string | URL, options: SqliteOptions = {}): Promise<SqliteProvider> {
    const { database, file } = openFile(path);
    try {
      const provider = new SqliteProvider(
        await prepare(database, pathName(path), options),
        file,
        "close",
      );
      await provider.#connection.read("open", () => sweepLocks(provider.#connection, provider.#locks));
      if (options.writer === "thread") await provider.#writer.startThread();
      return provider;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Uses a connection of the caller's, who closes it after the provider, and has no transaction open while the
   * provider works. Its pragmas are set as for a file. All is written on that connection, on the main thread. There are
   * no lock files: a host that crashed is found by its heartbeat.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async from(database: SqliteDatabase, options: SqliteOptions = {}): Promise<SqliteProvider> {
    return new SqliteProvider(await prepare(database, "of the caller's connection", options), null, "keep");
  }

  get #locks(): HostLocks | null {
    return this.#file?.locks ?? null;
  }

  /** Milliseconds since 1970 by the clock of the options. */
  now(): number {
    return this.#clock.now();
  }

  /** Enters or renews a heartbeat; notices a file that was deleted or replaced, and works no more then. */
  async renewHost(host: HostInfo, ttl: number): Promise<boolean> {
    const what = "renew a heartbeat";
    const missing = this.#file?.check();
    if (missing) this.#connection.fail(missing);
    await this.#connection.read(what, () => this.#locks?.acquire(host.incarnation));
    await forgetStatistics(this.#connection);
    const rows = await this.#writer.writeOne(what, ({ now }) => enterHost(host, now + ttl));
    return rows![0]![1]!.length > 0;
  }

  /** Takes a host out and removes its lock file. */
  async removeHost(incarnation: string): Promise<void> {
    await this.#writer.writeOne("remove a host", () => removeHost(incarnation));
    this.#locks?.release(incarnation);
    this.#signal();
  }

  /** The living host that owns a run. */
  ownerOf(runId: string): Promise<HostInfo | null> {
    return this.#connection.read(
      `find the owner of run ${runId}`,
      () => ownerOf(this.#connection, this.#locks, runId, this.now()),
    );
  }

  /** Keeps a definition. */
  async saveDefinition(definition: StoredDefinition): Promise<void> {
    await this.#writer.writeOne(`save definition ${definition.id}`, () => saveDefinition(definition));
  }

  /** The contents of an id and version, newest first. */
  getRevisions(id: string, version: number): Promise<readonly StoredDefinition[]> {
    return this.#connection.read(`read definition ${id}`, () => findRevisions(this.#connection, id, version));
  }

  /** A kept definition. */
  getDefinition(hash: string): Promise<StoredDefinition | null> {
    return this.#connection.read("read a definition", () => findDefinition(this.#connection, hash));
  }

  /** Starts a run, or finds the one with its idempotency key. */
  async create(start: Transition): Promise<Created> {
    const { id, idempotencyKey } = start.instance;
    const what = `start run ${id}`;
    for (;;) {
      const rows = await this.#writer.writeOne(what, (moment) => createRun(start, moment));
      if (rows) {
        const { inboxSeq, nextWake = start.instance.nextWake } = readKept(rows);
        const owner = rows[0]![0]["owner"] as string | null;
        if (owner === null) this.#signal();
        const { data, vars } = start.instance;
        const kept = deepFreeze(
          JSON.parse(JSON.stringify({ data, vars })) as { data: JsonObject; vars: JsonObject },
        );
        return {
          instance: Object.freeze({ ...start.instance, ...kept, owner, inboxSeq, nextWake }),
          existed: false,
        };
      }
      const found = await this.#connection.read(what, () => {
        const instance = idempotencyKey === null ? null : findRunByKey(this.#connection, idempotencyKey);
        return { instance, idIsTaken: findRun(this.#connection, id) !== null };
      });
      if (found.instance) return { instance: found.instance, existed: true };
      if (found.idIsTaken) throw new RunExistsError(id);
      // What stood in the way has been purged since.
    }
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  async claim(request: ClaimRequest): Promise<readonly Advance[]> {
    const { claimed, tookOut } = await this.#changes.claim(request, this.now());
    if (tookOut) this.#signal();
    return claimed;
  }

  /** Writes transitions in one transaction; each that is refused leaves the others as they are. */
  async commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    const results = await this.#writer.write(
      "commit",
      (moment) => transitions.map((transition) => writeTransition(transition, moment)),
      (index) => `commit to run ${transitions[index]!.instance.id}`,
    );
    return results.map((result, index): CommitOutcome => {
      if (result instanceof Error) return { committed: false, error: result };
      if (result) {
        const { inboxSeq, woken } = readKept(result);
        // Let go, ended, or with mail for others: while a run goes on with its owner, nobody else need know.
        if (transitions[index]!.instance.owner === null || woken.length > 0) this.#signal();
        return { committed: true, inboxSeq, woken };
      }
      return { committed: false, error: whyRefused(this.#connection, transitions[index]!) };
    });
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
    const rows = await this.#writer.writeOne(
      `send to run ${runId}`,
      ({ now }) => sendMail(runId, message, now),
    );
    if (!rows) throw new RunNotFoundError(runId);
    this.#signal();
  }

  /** Messages of a run. */
  mail(runId: string, after: number): Promise<readonly Mail[]> {
    return this.#connection.read(
      `read the mailbox of run ${runId}`,
      () => readMail(this.#connection, runId, after),
    );
  }

  /** Ids of the runs of a host that have mail to be read. */
  unread(incarnation: string): Promise<readonly string[]> {
    return this.#connection.read("look for mail", () => unreadRuns(this.#connection, incarnation));
  }

  /** Keeps an event and sends it to the runs that wait for it. */
  async publish(event: NewEvent): Promise<PublishOutcome> {
    const what = `publish event ${event.name}`;
    for (;;) {
      const rows = await this.#writer.writeOne(what, ({ now }) => [publishEvent(event, now)]);
      if (rows) {
        const woken = wokenBy(rows);
        if (woken.length > 0) this.#signal();
        return { seq: rows[0]![0]["key"] as number, existed: false, woken };
      }
      const known = await this.#connection.read(
        what,
        () => this.#connection.get<{ readonly seq: number }>(selectMessage, event.messageId),
      );
      if (known) return { seq: known.seq, existed: true, woken: [] };
      // It has been forgotten since.
    }
  }

  /** Goes on with the events that have not reached all who wait for them. */
  async fanOut(limit: number): Promise<readonly string[]> {
    const woken: string[] = [];
    // Without the write lock, so that who finds nothing has nobody wait.
    const isAny = await this.#connection.read("send events", () => isFanningOut(this.#connection));
    while (isAny && woken.length < limit) {
      const rest = limit - woken.length;
      const rows = await this.#writer.writeOne("send events", ({ now }) => continueFanOut(rest, now));
      if (!rows) break;
      woken.push(...wokenBy(rows));
    }
    if (woken.length > 0) this.#signal();
    return woken;
  }

  /** Forgets old events. */
  async forgetEvents(before: number, limit: number): Promise<number> {
    const rows = await this.#writer.writeOne("forget events", () => forgetEvents(before, limit));
    return rows![0]![1]!.length;
  }

  /** The epochs of runs. */
  epochs(runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#connection.read("look after runs", () => epochsOf(this.#connection, runIds));
  }

  /** The contents of definitions of which runs are parked. */
  parked(): Promise<readonly DefinitionContent[]> {
    return this.#connection.read("look for parked runs", () => parkedContents(this.#connection));
  }

  /** Makes the parked runs of a definition's content due again. */
  async unpark(definitionHash: string): Promise<void> {
    await this.#writer.writeOne("unpark runs", ({ now }) => unparkRunsOf(definitionHash, now));
    this.#signal();
  }

  /** Calls back when a provider of another process signals, or has died. Needs the rights of the folder of host locks. */
  watch(listener: () => void): Disposable {
    return this.#file?.watch(listener) ?? { [Symbol.dispose]: () => {} };
  }

  /** When the next run may be claimed. */
  nextDue(which: Partial<Claimable> = {}): Promise<number | null> {
    return this.#connection.read("find the next due run", () => {
      const owners = [{ incarnation: null, deadAt: 0 }, ...hostDeadlines(this.#connection, this.#locks)];
      const times = owners.map(({ incarnation, deadAt }) =>
        nextDueOf(this.#connection, incarnation, deadAt, which)
      );
      return times.reduce((a, b) => a === null || b !== null && b < a ? b : a);
    });
  }

  /** A run. */
  get(runId: string): Promise<Instance | null> {
    return this.#connection.read(`read run ${runId}`, () => findRun(this.#connection, runId));
  }

  /** Runs, newest first. */
  list(filter: RunFilter): Promise<readonly Instance[]> {
    return this.#connection.read("list runs", () => listRuns(this.#connection, filter));
  }

  /** Summaries of runs, by one statement. */
  summaries(runIds: readonly string[]): Promise<ReadonlyMap<string, RunSummary>> {
    return this.#connection.read("read runs", () => readSummaries(this.#connection, runIds));
  }

  /** All activations kept of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return this.#connection.snapshot(`read run ${runId}`, () => allPointers(this.#connection, runId));
  }

  /** The activation of a step that completed last. */
  lastCompleted(runId: string, stepKey: string, scopes: readonly BranchScope[]): Promise<Pointer | null> {
    return this.#connection.read(
      `read run ${runId}`,
      () => lastCompleted(this.#connection, runId, stepKey, scopes),
    );
  }

  /** Deletes runs that have ended. */
  async purge(filter: PurgeFilter, limit: number): Promise<number> {
    const rows = await this.#writer.writeOne("purge runs", () => purgeRuns(filter, limit));
    return rows![0]![1]!.length;
  }

  /** Opens a durable sink. */
  async openSink(name: string, kind: SinkKind = "events"): Promise<void> {
    await this.#writer.writeOne(`open sink ${name}`, ({ now }) => openSink(name, kind, now));
  }

  /** Closes a sink. */
  async closeSink(name: string): Promise<void> {
    await this.#writer.writeOne(`close sink ${name}`, () => closeSink(name));
  }

  /** Closes the sinks that nobody has fed since a time. */
  async closeIdleSinks(since: number): Promise<readonly string[]> {
    const rows = await this.#writer.writeOne("close idle sinks", () => closeIdleSinks(since));
    return rows![0]![1]!.map(({ name }) => name as string);
  }

  /** Takes or renews the right to feed a sink. */
  async leaseSink(name: string, incarnation: string, ttl: number): Promise<boolean> {
    const rows = await this.#writer.writeOne(
      `lease sink ${name}`,
      ({ now }) => leaseSink(name, incarnation, ttl, now),
    );
    return rows !== null;
  }

  /** The oldest entries kept for a sink. */
  readOutbox(sink: string, limit: number): Promise<readonly OutboxEntry[]> {
    return this.#connection.read(`read for sink ${sink}`, () => readOutbox(this.#connection, sink, limit));
  }

  /** Forgets the entries of a sink up to a position. */
  async clearOutbox(sink: string, upTo: number): Promise<void> {
    await this.#writer.writeOne(`clear for sink ${sink}`, () => clearOutbox(sink, upTo));
  }

  /** The dirty runs of a sink behind an id. */
  readDirty(sink: string, limit: number, after?: string): Promise<readonly DirtyRun[]> {
    return this.#connection.read(
      `read for sink ${sink}`,
      () => readDirty(this.#connection, sink, limit, after),
    );
  }

  /** Forgets dirty runs of a sink that have not changed since. */
  async clearDirty(sink: string, runs: readonly DirtyRun[]): Promise<void> {
    await this.#writer.writeOne(`clear for sink ${sink}`, () => clearDirty(sink, runs));
  }

  /** Keeps progress notes, in one transaction. */
  async putNotes(notes: readonly NewNote[]): Promise<void> {
    const results = await this.#writer.write("write notes", () => putNotes(notes));
    for (const result of results) if (result instanceof Error) throw result;
  }

  /** The progress notes of runs. */
  notes(runIds: readonly string[]): Promise<ReadonlyMap<string, ProgressNote>> {
    return this.#connection.read("read notes", () => readNotes(this.#connection, runIds));
  }

  /** Adds lines to the logs, in one transaction. */
  async appendLog(lines: readonly LogLine[]): Promise<void> {
    const results = await this.#writer.write("write logs", () => appendLines(lines));
    for (const result of results) if (result instanceof Error) throw result;
  }

  /** A page of a run's log. */
  readLog(runId: string, page: LogPage): Promise<readonly StoredLogLine[]> {
    return this.#connection.read(
      `read the log of run ${runId}`,
      () => readLines(this.#connection, runId, page),
    );
  }

  /** Frees the locks of the hosts entered here, so that they count as dead, and closes the database. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    this.#freed[Symbol.dispose]();
    this.#pushed[Symbol.dispose]();
    this.#file?.close();
    this.#connection.shut();
    await this.#writer.close();
    if (this.#atEnd === "close") this.#connection.close();
    this.#locks?.close();
  }

  /** Other processes may have something to do. */
  #signal(): void {
    this.#file?.wake.signal();
  }
}
