import { setImmediate } from "node:timers";
import type { StoreClock } from "../../src/provider/clock.ts";
import { StoreError } from "../../src/provider/errors.ts";
import { toStoreError } from "./errors.ts";
import type { FailedWrite } from "./executor.ts";
import { GroupRunner, type GroupRunnerParts } from "./group_runner.ts";
import { type Keeps, keptForSinks, sinkBeyond } from "./outbox.ts";
import type { WriteMoment } from "./transitions.ts";
import { Turn } from "./turn.ts";
import type { Write, WriteRows } from "./write.ts";
import { ThreadEndedError } from "./writer_thread.ts";

/** Writes that go into one transaction, where so many wait. */
const longestGroup = 1_000;
/** Groups that the thread has at a time: while it works on one, the next comes. */
const mostUnderWay = 2;
/** Writes that are worth two groups. */
const worthHalving = 32;

/** Makes the writes of a job; again where circumstances turn out to be others. */
export type MakeWrites = (moment: WriteMoment) => readonly Write[];

/** What became of a write: its rows, null where it was refused, or the error by which it failed. */
export type WriteResult = WriteRows | Error;

interface Job {
  /** Position in the order of asking. */
  readonly number: number;
  readonly what: string;
  readonly make: MakeWrites;
  readonly writes: readonly Write[];
  /** What the writes keep for sinks. */
  readonly keeps: Keeps;
  readonly resolve: (results: readonly (WriteRows | FailedWrite)[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs that are executed in one transaction. */
interface JobGroup {
  readonly jobs: readonly Job[];
  readonly writes: readonly Write[];
}

/** What a writer works with. */
export interface WriterParts extends GroupRunnerParts {
  /** The store's clock. */
  readonly clock: StoreClock;
}

/**
 * Executes writes in transactions: what is asked for in one turn of the event loop, or while a transaction is under
 * way, goes together into the next. The writes are executed in the order in which they are asked for.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #runner: GroupRunner;
  readonly #turn = new Turn();
  readonly #underWay = new Set<JobGroup>();
  #jobs: Job[] = [];
  /** How many writes the jobs have. */
  #waiting = 0;
  #lastJob = 0;
  #isScheduled = false;
  #asksForTurn = false;
  #holdsTurn = false;
  /** Whether a group was started in this turn. */
  #hasStarted = false;
  #keeps: Keeps = { events: false, runs: false };
  #idle: (() => void) | null = null;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#runner = new GroupRunner(parts);
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
      const keeps = this.#keeps;
      this.#add([{ number: ++this.#lastJob, what, make, writes, keeps, resolve, reject }]);
      this.#schedule();
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
        this.#keeps = keptForSinks(connection);
        return body(this.#moment());
      });
    } finally {
      this.#turn.end();
    }
  }

  /** Executes a write in the transaction that is open. */
  apply(write: Write): WriteRows {
    return this.#runner.apply(write);
  }

  /** Resolves when the thread is there, where there is to be one. */
  async startThread(): Promise<void> {
    await this.#runner.start();
  }

  /** Resolves when nothing is under way any more, with the thread ended. The connection takes no more work by then. */
  async close(): Promise<void> {
    while (this.#isScheduled || this.#asksForTurn || this.#holdsTurn) {
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
    await this.#runner.close();
  }

  #add(jobs: readonly Job[]): void {
    this.#jobs.push(...jobs);
    for (const { writes } of jobs) this.#waiting += writes.length;
  }

  /**
   * That the event loop turns in between lets timers fire and messages come, however quickly one write on the main
   * thread follows another.
   */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** Starts what may be started; gives the turn back where nothing is under way. */
  #pump(): void {
    if (this.#holdsTurn) {
      while (this.#mayStart()) void this.#start(this.#nextGroup());
      if (this.#underWay.size > 0) return;
      this.#holdsTurn = false;
      this.#turn.end();
    }
    if (this.#jobs.length === 0) this.#idle?.();
    else if (!this.#asksForTurn) void this.#takeTurn();
  }

  async #takeTurn(): Promise<void> {
    this.#asksForTurn = true;
    await this.#turn.begin();
    this.#asksForTurn = false;
    this.#holdsTurn = true;
    this.#hasStarted = false;
    this.#pump();
  }

  #mayStart(): boolean {
    if (this.#jobs.length === 0 || this.#hasStarted && this.#turn.isWanted) return false;
    const [first] = this.#underWay;
    if (!first) return true;
    // A crumb now would only delay what follows it.
    return this.#underWay.size < mostUnderWay && this.#waiting * 2 >= first.writes.length &&
      this.#runner.usesThread(first.writes.length) && this.#runner.usesThread(this.#waiting);
  }

  /**
   * The jobs that are next. Where many wait and nothing is under way, half of them: while the thread works on the other
   * half, this thread goes on with what these were waited for by.
   */
  #nextGroup(): JobGroup {
    const halves = this.#underWay.size === 0 && this.#waiting >= worthHalving &&
      this.#runner.usesThread(this.#waiting);
    const most = Math.min(halves ? Math.ceil(this.#waiting / 2) : this.#waiting, longestGroup);
    const jobs: Job[] = [];
    const writes: Write[] = [];
    do {
      const job = this.#jobs[jobs.length]!;
      for (const write of job.writes) writes.push(write);
      jobs.push(job);
    } while (writes.length < most && jobs.length < this.#jobs.length);
    this.#jobs.splice(0, jobs.length);
    this.#waiting -= writes.length;
    return { jobs, writes };
  }

  async #start(group: JobGroup): Promise<void> {
    const { jobs, writes } = group;
    this.#underWay.add(group);
    this.#hasStarted = true;
    const unless = sinkBeyond({
      events: jobs.every(({ keeps }) => keeps.events),
      runs: jobs.every(({ keeps }) => keeps.runs),
    });
    try {
      const { results } = await this.#runner.run({ writes, unless });
      if (results) settle(jobs, results);
      else await this.#repeat(jobs);
    } catch (error) {
      for (const { what, reject } of jobs) reject(this.#explain(error, what));
    } finally {
      this.#underWay.delete(group);
      this.#schedule();
    }
  }

  /** A sink has been opened: the same again, with what is kept for it. */
  async #repeat(jobs: readonly Job[]): Promise<void> {
    const { connection } = this.#parts;
    const keeps = await connection.read("look for sinks", () => keptForSinks(connection));
    this.#keeps = keeps;
    this.#add(jobs.map((job) => ({ ...job, writes: job.make(this.#moment()), keeps })));
    this.#jobs.sort((a, b) => a.number - b.number);
  }

  #explain(error: unknown, what: string): unknown {
    const { name } = this.#parts.connection;
    if (!(error instanceof ThreadEndedError)) return toStoreError(error, what, name);
    const message =
      `Cannot ${what} (database ${name}): ${error.message}; it may be written all the same, so look before you try again`;
    return new StoreError("io", message, { cause: error });
  }

  #moment(): WriteMoment {
    return { now: this.#parts.clock.now(), keeps: this.#keeps };
  }
}

function settle(jobs: readonly Job[], results: readonly (WriteRows | FailedWrite)[]): void {
  let start = 0;
  for (const { writes, resolve } of jobs) {
    resolve(results.slice(start, start + writes.length));
    start += writes.length;
  }
}
