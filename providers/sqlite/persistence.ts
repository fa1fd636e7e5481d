import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { ControlIntent, Instance, InstanceState, Mail, Pointer } from "../../src/instance/instance.ts";
import type { Advance, Transition } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { LeaseLostError, RunExistsError, RunNotFoundError } from "../../src/provider/errors.ts";
import type {
  ClaimRequest,
  CommitOutcome,
  Created,
  HostInfo,
  LogLine,
  LogPage,
  Persistence,
  RunFilter,
  StoredLogLine,
} from "../../src/provider/persistence.ts";
import { Connection } from "./connection.ts";
import { configure, type SqliteDatabase, type SqliteDurability } from "./database.ts";
import { type DatabaseFile, openFile, pathName } from "./file.ts";
import type { HostLocks } from "./host_locks.ts";
import {
  deleteDeadHosts,
  deleteHost,
  enterHost,
  hostDeadlines,
  isEntered,
  ownerOf,
  sweepLocks,
} from "./hosts.ts";
import { appendLines, readLines } from "./logs.ts";
import { readMail, sendMail } from "./mailbox.ts";
import { migrate } from "./migrations.ts";
import { pointerFromRow, type PointerRow, selectPointer } from "./rows.ts";
import { dueRuns, findRun, findRunByKey, listRuns, nextDueOf } from "./runs.ts";
import { applyTransition, insertRun, loadState } from "./transitions.ts";

const insertDefinition = `
  INSERT INTO wfe_definition (hash, id, version, content) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`;
const selectDefinition = "SELECT hash, id, version, content FROM wfe_definition WHERE hash = ?1";
const selectPointers =
  `${selectPointer} WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) ORDER BY id`;
const unparkRuns = `
  UPDATE wfe_instance SET parked_reason = NULL, next_wake = ?2 WHERE definition_id = ?1 AND parked_reason IS NOT NULL`;

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
  readonly #clock: StoreClock;
  readonly #file: DatabaseFile | null;
  readonly #atEnd: "close" | "keep";

  private constructor(
    connection: Connection,
    clock: StoreClock,
    file: DatabaseFile | null,
    atEnd: "close" | "keep",
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#file = file;
    this.#atEnd = atEnd;
  }

  /**
   * Opens a database file, making it where there is none, or `:memory:`.
   *
   * @throws {StoreError} when it cannot be used: `problem` tells why, the message what helps
   */
  static async open(path: string | URL, options: SqliteOptions = {}): Promise<SqliteProvider> {
    const { database, file } = openFile(path);
    try {
      const { connection, clock } = await prepare(database, pathName(path), options);
      const provider = new SqliteProvider(connection, clock, file, "close");
      await connection.read("open", () => sweepLocks(connection, provider.#locks));
      return provider;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Uses a connection of the caller's, who closes it after the provider, and has no transaction open while the
   * provider works. Its pragmas are set as for a file. There are no lock files: a host that crashed is found by its
   * heartbeat.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async from(database: SqliteDatabase, options: SqliteOptions = {}): Promise<SqliteProvider> {
    const { connection, clock } = await prepare(database, "of the caller's connection", options);
    return new SqliteProvider(connection, clock, null, "keep");
  }

  get #locks(): HostLocks | null {
    return this.#file?.locks ?? null;
  }

  /** Milliseconds since 1970 by the clock of the options. */
  now(): number {
    return this.#clock.now();
  }

  /** Enters or renews a heartbeat; notices a file that was deleted or replaced, and works no more then. */
  renewHost(host: HostInfo, ttl: number): Promise<boolean> {
    const missing = this.#file?.check();
    if (missing) this.#connection.fail(missing);
    return this.#connection.transaction("renew a heartbeat", () => {
      this.#locks?.acquire(host.incarnation);
      const wasEntered = isEntered(this.#connection, host.incarnation);
      enterHost(this.#connection, host, this.now() + ttl);
      return wasEntered;
    });
  }

  /** Takes a host out and removes its lock file. */
  async removeHost(incarnation: string): Promise<void> {
    await this.#connection.transaction("remove a host", () => deleteHost(this.#connection, incarnation));
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
  saveDefinition({ hash, id, version, content }: StoredDefinition): Promise<void> {
    return this.#connection.transaction(
      `save definition ${id}`,
      () => this.#connection.run(insertDefinition, hash, id, version, content),
    );
  }

  /** A kept definition. */
  getDefinition(hash: string): Promise<StoredDefinition | null> {
    return this.#connection.read("read a definition", () => {
      const row = this.#connection.get<StoredDefinition>(selectDefinition, hash);
      return row ? Object.freeze({ ...row }) : null;
    });
  }

  /** Starts a run, or finds the one with its idempotency key. */
  create(start: Transition): Promise<Created> {
    const { id, idempotencyKey } = start.instance;
    return this.#connection.transaction(`start run ${id}`, () => {
      const known = idempotencyKey === null ? null : findRunByKey(this.#connection, idempotencyKey);
      if (known) return { instance: known, existed: true };
      if (!insertRun(this.#connection, start)) throw new RunExistsError(id);
      return { instance: findRun(this.#connection, id)!, existed: false };
    });
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  async claim({ incarnation, limit, only, take }: ClaimRequest): Promise<readonly Advance[]> {
    let found = false;
    const claimed = await this.#connection.transaction("claim runs", () => {
      const now = this.now();
      found = deleteDeadHosts(this.#connection, this.#locks, now);
      if (!isEntered(this.#connection, incarnation)) return [];
      return dueRuns(this.#connection, now, limit, only).map((runId) => {
        const state = loadState(this.#connection, runId)!;
        return this.#write(take(state));
      });
    });
    if (found) await this.#sweepLocks();
    return claimed;
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
  commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    return this.#connection.transaction("commit", () => {
      const now = this.now();
      return transitions.map((transition): CommitOutcome => {
        const { instance, epoch } = transition;
        const inboxSeq = this.#connection.savepoint(
          `commit to run ${instance.id}`,
          () => applyTransition(this.#connection, transition, now),
        );
        if (typeof inboxSeq === "number") return { committed: true, inboxSeq };
        return { committed: false, error: inboxSeq ?? new LeaseLostError(instance.id, epoch) };
      });
    });
  }

  /** Reads a run and writes what follows, in one transaction. */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    return this.#connection.transaction(`change run ${runId}`, () => {
      const state = loadState(this.#connection, runId);
      if (!state) throw new RunNotFoundError(runId);
      const advance = change(state);
      return advance && this.#write(advance);
    });
  }

  /** Puts a message into a run's mailbox. */
  send(runId: string, intent: ControlIntent, reason: string | null): Promise<void> {
    return this.#connection.transaction(`send to run ${runId}`, () => {
      if (!sendMail(this.#connection, runId, intent, reason, this.now())) throw new RunNotFoundError(runId);
    });
  }

  /** Messages of a run. */
  mail(runId: string, after: number): Promise<readonly Mail[]> {
    return this.#connection.read(
      `read the mailbox of run ${runId}`,
      () => readMail(this.#connection, runId, after),
    );
  }

  /** Makes parked runs of a definition due again. */
  unpark(definitionId: string): Promise<void> {
    return this.#connection.transaction(
      `unpark runs of ${definitionId}`,
      () => this.#connection.run(unparkRuns, definitionId, this.now()),
    );
  }

  /** When the next run may be claimed. */
  nextDue(only?: readonly string[]): Promise<number | null> {
    return this.#connection.read("find the next due run", () => {
      const owners = [{ incarnation: null, deadAt: 0 }, ...hostDeadlines(this.#connection, this.#locks)];
      const times = owners.map(({ incarnation, deadAt }) =>
        nextDueOf(this.#connection, incarnation, deadAt, only)
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

  /** All activations of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return this.#connection.read(
      `read run ${runId}`,
      () => this.#connection.all<PointerRow>(selectPointers, runId).map(pointerFromRow),
    );
  }

  /** Adds lines to the logs, in one transaction. */
  appendLog(lines: readonly LogLine[]): Promise<void> {
    return this.#connection.transaction("write logs", () => appendLines(this.#connection, lines));
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
    this.#connection.close(this.#atEnd);
    this.#locks?.close();
    return Promise.resolve();
  }

  /** Writes what was computed from a state read in the same transaction, which therefore fits. */
  #write(advance: Advance): Advance {
    const inboxSeq = applyTransition(this.#connection, advance.transition, this.now());
    if (inboxSeq === null) {
      const { instance, epoch } = advance.transition;
      throw new LeaseLostError(instance.id, epoch);
    }
    return advance;
  }
}

async function prepare(
  database: SqliteDatabase,
  name: string,
  { durability = "power", busyTimeout = 5000, clock = Date, random = Math.random }: SqliteOptions,
): Promise<{ readonly connection: Connection; readonly clock: StoreClock }> {
  const connection = new Connection(database, { name, busyTimeout, random });
  await connection.read("open", () => configure(database, name, durability));
  await migrate(connection, clock.now());
  return { connection, clock };
}
