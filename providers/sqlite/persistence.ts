import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import type { ControlMessage, Instance, Mail, Pointer } from "../../src/instance/instance.ts";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import type { Advance, BranchScope, NewEvent, Transition } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { LeaseLostError, RunExistsError, RunNotFoundError } from "../../src/provider/errors.ts";
import type {
  Claimable,
  ClaimRequest,
  CommitOutcome,
  Created,
  HostInfo,
  LogLine,
  LogPage,
  OutboxEntry,
  Persistence,
  PublishOutcome,
  PurgeFilter,
  RunFilter,
  StoredLogLine,
} from "../../src/provider/persistence.ts";
import { Connection } from "./connection.ts";
import { configure, type SqliteDatabase, type SqliteDurability } from "./database.ts";
import { findDefinition, findRevisions, saveDefinition } from "./definitions.ts";
import { continueFanOut, forgetEvents, publishEvent, selectMessage, wokenBy } from "./events.ts";
import { type DatabaseFile, openFile, pathName } from "./file.ts";
import type { HostLocks } from "./host_locks.ts";
import {
  deadHosts,
  deleteDeadHosts,
  enterHost,
  hostDeadlines,
  isEntered,
  ownerOf,
  removeHost,
  sweepLocks,
} from "./hosts.ts";
import { appendLines, readLines } from "./logs.ts";
import { readMail, sendMail, unreadRuns } from "./mailbox.ts";
import { migrate } from "./migrations.ts";
import { clearOutbox, closeSink, leaseSink, openSink, readOutbox } from "./outbox.ts";
import { allPointers, lastCompleted } from "./pointers.ts";
import { purgeRuns } from "./purge.ts";
import { dueRuns, findRun, findRunByKey, listRuns, loadState, nextDueOf, unparkRunsOf } from "./runs.ts";
import { createRun, readKept, type WriteMoment, writeTransition } from "./transitions.ts";
import { DatabaseWatch } from "./watch.ts";
import { Writer } from "./writer.ts";
import { startWriterThread } from "./writer_thread.ts";

/** Options of {@linkcode SqliteProvider.open} and {@linkcode SqliteProvider.from}. */
export interface SqliteOptions {
  /**
   * What an acknowledged write survives.
   *
   * @default "power"
   */
  readonly durability?: SqliteDurability;
  /**
   * Milliseconds to go on trying while another program writes.
   *
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * The store's clock, which rules leases and due times.
   *
   * @default Date
   */
  readonly clock?: StoreClock;
  /**
   * Numbers from 0 up to 1 that spread the retries of a busy database.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

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
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #clock: StoreClock;
  readonly #file: DatabaseFile | null;
  readonly #atEnd: "close" | "keep";
  readonly #watches = new Set<Disposable>();
  #closed = false;

  private constructor({ connection, clock, file, atEnd, durability, busyTimeout }: Parts) {
    this.#connection = connection;
    this.#clock = clock;
    this.#file = file;
    this.#atEnd = atEnd;
    const startThread = file && (() => startWriterThread(file, durability, busyTimeout));
    this.#writer = new Writer({ connection, clock, startThread });
  }

  /**
   * Opens a database file, making it where there is none, or `:memory:`.
   *
   * @throws {StoreError} when it cannot be used: `problem` tells why, the message what helps
   */
  static async open(path: string | URL, options: SqliteOptions = {}): Promise<SqliteProvider> {
    const { database, file } = openFile(path);
    try {
      const provider = new SqliteProvider({
        ...await prepare(database, pathName(path), options),
        file,
        atEnd: "close",
      });
      await provider.#connection.read("open", () => sweepLocks(provider.#connection, provider.#locks));
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
    const prepared = await prepare(database, "of the caller's connection", options);
    return new SqliteProvider({ ...prepared, file: null, atEnd: "keep" });
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
    const rows = await this.#writer.writeOne(what, ({ now }) => enterHost(host, now + ttl));
    return rows![0]![1]!.length > 0;
  }

  /** Takes a host out and removes its lock file. */
  async removeHost(incarnation: string): Promise<void> {
    await this.#writer.writeOne("remove a host", () => removeHost(incarnation));
    this.#locks?.release(incarnation);
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
    const what = "claim runs";
    if (!await this.#connection.read(what, () => this.#hasClaims(request))) return [];
    let found = false;
    const claimed = await this.#writer.transaction(what, (moment) => {
      found = deleteDeadHosts(this.#connection, this.#locks, moment.now);
      if (!isEntered(this.#connection, request.incarnation)) return [];
      return dueRuns(this.#connection, request, moment.now).map((runId) => {
        const state = loadState(this.#connection, runId)!;
        return this.#write(request.take(state), moment);
      });
    });
    if (found) await this.#sweepLocks();
    return claimed;
  }

  /** Looks without the write lock, so that who finds nothing has nobody wait. */
  #hasClaims(request: ClaimRequest): boolean {
    const now = this.now();
    return deadHosts(this.#connection, this.#locks, now).length > 0 ||
      dueRuns(this.#connection, { ...request, limit: 1 }, now).length > 0;
  }

  /** What was claimed is claimed, whatever becomes of the tidying: what is left is found by the next sweep. */
  async #sweepLocks(): Promise<void> {
    try {
      await this.#connection.read("tidy up", () => sweepLocks(this.#connection, this.#locks));
    } catch {
      // The claim has its own errors.
    }
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
        return { committed: true, inboxSeq, woken };
      }
      const { instance, epoch } = transitions[index]!;
      return { committed: false, error: new LeaseLostError(instance.id, epoch) };
    });
  }

  /** Reads a run and writes what follows, in one transaction. */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    return this.#writer.transaction(`change run ${runId}`, (moment) => {
      const state = loadState(this.#connection, runId);
      if (!state) throw new RunNotFoundError(runId);
      const advance = change(state);
      return advance && this.#write(advance, moment);
    });
  }

  /** Puts a message into a run's mailbox. */
  async send(runId: string, message: ControlMessage): Promise<void> {
    const rows = await this.#writer.writeOne(
      `send to run ${runId}`,
      ({ now }) => sendMail(runId, message, now),
    );
    if (!rows) throw new RunNotFoundError(runId);
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
      if (rows) return { seq: rows[0]![0]["key"] as number, existed: false, woken: wokenBy(rows) };
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
    while (woken.length < limit) {
      const rest = limit - woken.length;
      const rows = await this.#writer.writeOne("send events", ({ now }) => continueFanOut(rest, now));
      if (!rows) break;
      woken.push(...wokenBy(rows));
    }
    return woken;
  }

  /** Forgets old events. */
  async forgetEvents(before: number, limit: number): Promise<number> {
    const rows = await this.#writer.writeOne("forget events", () => forgetEvents(before, limit));
    return rows![0]![1]!.length;
  }

  /** Makes parked runs of a definition due again. */
  async unpark(definitionId: string): Promise<void> {
    await this.#writer.writeOne(
      `unpark runs of ${definitionId}`,
      ({ now }) => unparkRunsOf(definitionId, now),
    );
  }

  /** Calls back when another connection has written to the file. Needs the right to read the file's folder. */
  watch(listener: () => void): Disposable {
    const watch = this.#file
      ? new DatabaseWatch(this.#file.path, this.#connection.watchChanges(), listener)
      : { [Symbol.dispose]: () => {} };
    this.#watches.add(watch);
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch);
        watch[Symbol.dispose]();
      },
    };
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

  /** All activations kept of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return this.#connection.read(`read run ${runId}`, () => allPointers(this.#connection, runId));
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
  async openSink(name: string): Promise<void> {
    await this.#writer.writeOne(`open sink ${name}`, () => openSink(name));
  }

  /** Closes a sink. */
  async closeSink(name: string): Promise<void> {
    await this.#writer.writeOne(`close sink ${name}`, () => closeSink(name));
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
  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.shut();
    await this.#writer.close();
    if (this.#atEnd === "close") this.#connection.close();
    this.#locks?.close();
  }

  /** Writes what was computed from a state read in the same transaction, which therefore fits. */
  #write(advance: Advance, moment: WriteMoment): Advance {
    const { state, transition } = advance;
    const rows = this.#writer.apply(writeTransition(transition, moment));
    if (!rows) throw new LeaseLostError(transition.instance.id, transition.epoch);
    const { inboxSeq, nextWake = state.instance.nextWake } = readKept(rows);
    // A wait that began may have found an event.
    if (inboxSeq === state.instance.inboxSeq) return advance;
    const instance = Object.freeze({ ...state.instance, inboxSeq, nextWake });
    return { state: { ...state, instance }, transition };
  }
}

interface Prepared {
  readonly connection: Connection;
  readonly clock: StoreClock;
  readonly durability: SqliteDurability;
  readonly busyTimeout: number;
}

interface Parts extends Prepared {
  readonly file: DatabaseFile | null;
  readonly atEnd: "close" | "keep";
}

async function prepare(
  database: SqliteDatabase,
  name: string,
  { durability = "power", busyTimeout = 5000, clock = Date, random = Math.random }: SqliteOptions,
): Promise<Prepared> {
  const connection = new Connection(database, { name, busyTimeout, random });
  await connection.read("open", () => configure(database, name, durability));
  await migrate(connection, clock.now());
  return { connection, clock, durability, busyTimeout };
}
