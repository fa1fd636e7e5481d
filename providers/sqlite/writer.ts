import type { StoreClock } from "../../src/provider/clock.ts";
import { StoreError } from "../../src/provider/errors.ts";
import type { Connection } from "./connection.ts";
import { isStatementError, toStoreError } from "./errors.ts";
import { type Executor, type FailedWrite, type GroupOutcome, makeExecutor } from "./executor.ts";
import { anySink } from "./outbox.ts";
import type { WriteMoment } from "./transitions.ts";
import { Turn } from "./turn.ts";
import { statements, type Write, type WriteRows } from "./write.ts";
import { ThreadEndedError, type WriterThread } from "./writer_thread.ts";

/** Writes that go into one transaction, where so many wait. */
const longestGroup = 1_000;
/** Writes that are sooner done here than sent to the thread and back. */
const mostInline = 4;
/** Milliseconds of a COMMIT that the event loop can wait for. */
const longestWait = 1;
/** COMMITs that are looked back upon. */
const remembered = 9;

/** Makes the writes of a job; again where circumstances turn out to be others. */
export type MakeWrites = (moment: WriteMoment) => readonly Write[];

/** What became of a write: its rows, null where it was refused, or the error by which it failed. */
export type WriteResult = WriteRows | Error;

interface Job {
  readonly what: string;
  readonly make: MakeWrites;
  writes: readonly Write[];
  readonly resolve: (results: readonly (WriteRows | FailedWrite)[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs that are executed in one transaction. */
interface JobGroup {
  readonly jobs: readonly Job[];
  readonly writes: readonly Write[];
}

/** What a writer works with. */
export interface WriterParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Starts the thread for groups, at most once; null where all is written on the connection. */
  readonly startThread: (() => Promise<WriterThread>) | null;
}

/**
 * Executes writes in transactions: what is asked for while one is under way goes together into the next. A small group
 * is executed at once, on the main thread, while the disk is quick; a larger one by a thread of its own, so that the
 * event loop goes on.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #executor: Executor;
  readonly #turn = new Turn();
  readonly #commitTimes: number[] = [];
  #jobs: Job[] = [];
  /** How many writes the jobs have. */
  #waiting = 0;
  readonly #underWay = new Set<JobGroup>();
  #holdsTurn = false;
  #asksForTurn = false;
  #idle: (() => void) | null = null;
  #thread: WriterThread | null = null;
  #starting: Promise<void> | null = null;
  #keepsEvents = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#executor = makeExecutor((sql) => parts.connection.prepare(sql), statements, isStatementError);
  }

  /**
   * Executes writes. One that fails by itself is taken back alone: its result is a {@linkcode StoreError}.
   *
   * @param what completes "Cannot …" in errors
   * @param nameOf the same for one of the writes
   */
  async write(
    what: string,
    make: MakeWrites,
    nameOf: (index: number) => string = () => what,
  ): Promise<WriteResult[]> {
    const { name } = this.#parts.connection;
    const results = await new Promise<readonly (WriteRows | FailedWrite)[]>((resolve, reject) => {
      const writes = make(this.#moment());
      this.#jobs.push({ what, make, writes, resolve, reject });
      this.#waiting += writes.length;
      this.#pump();
    });
    return results.map((result, index) => {
      if (result === null || !("error" in result)) return result;
      return toStoreError(result.error, nameOf(index), name) as Error;
    });
  }

  /** Executes one write; returns its rows, or null where it was refused. */
  async writeOne(what: string, make: (moment: WriteMoment) => Write): Promise<WriteRows> {
    const [result] = await this.write(what, (moment) => [make(moment)]);
    if (result instanceof Error) throw result;
    return result!;
  }

  /**
   * Runs `body` in a transaction on the main thread, in which it may read and {@linkcode apply} writes. It may be run
   * again while the database is busy, and must not wait for anything.
   */
  async transaction<Result>(what: string, body: (moment: WriteMoment) => Result): Promise<Result> {
    const { connection } = this.#parts;
    await this.#turn.begin();
    try {
      return await connection.transaction(what, () => {
        this.#keepsEvents = connection.get(statements[anySink]!.sql) !== undefined;
        return body(this.#moment());
      });
    } finally {
      this.#turn.end();
    }
  }

  /** Executes a write in the transaction that is open. */
  apply(write: Write): WriteRows {
    return this.#executor.apply(write);
  }

  /** Resolves when nothing is under way any more, with the thread ended. The connection takes no more work by then. */
  async close(): Promise<void> {
    while (this.#holdsTurn || this.#asksForTurn) await new Promise<void>((resolve) => this.#idle = resolve);
    await this.#starting;
    await this.#thread?.close();
  }

  /** Starts what may be started. Called whenever a job has come and whenever a group is done. */
  #pump(): void {
    if (!this.#holdsTurn) {
      if (this.#jobs.length > 0 && !this.#asksForTurn) void this.#takeTurn();
      return;
    }
    while (this.#mayStart()) void this.#start(this.#nextGroup());
    if (this.#underWay.size > 0) return;
    this.#holdsTurn = false;
    this.#turn.end();
    if (this.#jobs.length > 0) this.#pump();
    else this.#idle?.();
  }

  /** What is asked for in the same breath goes together, for even a free turn takes a moment. */
  async #takeTurn(): Promise<void> {
    this.#asksForTurn = true;
    await this.#turn.begin();
    this.#asksForTurn = false;
    this.#holdsTurn = true;
    this.#wrote = false;
    this.#pump();
  }

  #wrote = false;

  #mayStart(): boolean {
    if (this.#jobs.length === 0 || this.#wrote && this.#turn.isWanted) return false;
    if (this.#underWay.size === 0) return true;
    const [first] = this.#underWay;
    return PIPE && this.#thread !== null && this.#underWay.size < 2 &&
      this.#waiting * 2 >= first!.writes.length && !this.#inline;
  }

  #inline = false;

  #nextGroup(): JobGroup {
    const most = PIPE && this.#underWay.size === 0 && this.#thread && this.#waiting >= 32
      ? Math.ceil(this.#waiting / 2)
      : longestGroup;
    const jobs: Job[] = [];
    const writes: Write[] = [];
    while (this.#jobs.length > 0 && writes.length < most) {
      const job = this.#jobs.shift()!;
      for (const write of job.writes) writes.push(write);
      jobs.push(job);
    }
    this.#waiting -= writes.length;
    return { jobs, writes };
  }

  async #start(group: JobGroup): Promise<void> {
    const { jobs, writes } = group;
    this.#underWay.add(group);
    this.#wrote = true;
    const dbg = performance.now();
    try {
      const { results, commitTime } = await this.#execute(writes);
      const k = this.#isQuick(writes.length) ? "inline" : "thread";
      const add = (n: string, v: number) => stats.set(k + n, (stats.get(k + n) ?? 0) + v);
      add(" groups", 1);
      add(" writes", writes.length);
      add(" ms", performance.now() - dbg);
      add(" commit ms", commitTime);
      this.#remember(commitTime);
      if (results) settle(jobs, results);
      else this.#again(jobs);
    } catch (error) {
      for (const { what, reject } of jobs) reject(this.#explain(error, what));
    } finally {
      this.#underWay.delete(group);
      this.#pump();
    }
  }

  /** A sink has been opened: the same again, with lifecycle events. */
  #again(jobs: readonly Job[]): void {
    this.#keepsEvents = true;
    for (const job of jobs) {
      job.writes = job.make(this.#moment());
      this.#waiting += job.writes.length;
    }
    this.#jobs = [...jobs, ...this.#jobs];
  }

  async #execute(writes: readonly Write[]): Promise<GroupOutcome> {
    const { connection } = this.#parts;
    const group = { writes, unless: this.#keepsEvents ? null : anySink };
    const thread = this.#isQuick(writes.length) && this.#underWay.size === 1 ? null : this.#useThread();
    if (!thread) {
      this.#inline = true;
      try {
        return await connection.retry(() => this.#executor.run(group));
      } finally {
        this.#inline = false;
      }
    }
    connection.refuseWhereOver();
    try {
      return await thread.run(group);
    } catch (error) {
      // Another would fare no better; the main thread is slower, but it works.
      if (error instanceof ThreadEndedError) this.#dropThread();
      throw error;
    }
  }

  #isQuick(writes: number): boolean {
    if (writes > mostInline) return false;
    const sorted = this.#commitTimes.toSorted((a, b) => a - b);
    return (sorted[sorted.length >> 1] ?? 0) < longestWait;
  }

  /** The thread, once it is there; until then there is time to start it. */
  #useThread(): WriterThread | null {
    const { startThread } = this.#parts;
    if (!this.#thread && startThread) {
      this.#starting ??= startThread().then((thread) => {
        this.#thread = thread;
      }, () => {
        // Whatever keeps the thread from the file, what is written here tells.
      });
    }
    return this.#thread;
  }

  #dropThread(): void {
    this.#thread = null;
  }

  #remember(commitTime: number): void {
    this.#commitTimes.push(commitTime);
    if (this.#commitTimes.length > remembered) this.#commitTimes.shift();
  }

  #explain(error: unknown, what: string): unknown {
    const { name } = this.#parts.connection;
    if (!(error instanceof ThreadEndedError)) return toStoreError(error, what, name);
    const message =
      `Cannot ${what} (database ${name}): ${error.message}; it may be written all the same, so look before you try again`;
    return new StoreError("io", message, { cause: error });
  }

  #moment(): WriteMoment {
    return { now: this.#parts.clock.now(), keepsEvents: this.#keepsEvents };
  }
}
function settle(jobs: readonly Job[], results: readonly (WriteRows | FailedWrite)[]): void {
  let start = 0;
  for (const { writes, resolve } of jobs) resolve(results.slice(start, start += writes.length));
}

// DEBUG
const PIPE = !Deno.env.get("NOPIPE");
export const stats: Map<string, number> = new Map();
