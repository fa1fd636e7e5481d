import type { Connection } from "./connection.ts";
import { isStatementError } from "./errors.ts";
import { type Executor, type Group, type GroupOutcome, makeExecutor } from "./executor.ts";
import type { SqliteWriter } from "./options.ts";
import { statements, type Write, type WriteRows } from "./write.ts";
import { ThreadEndedError, type WriterThread } from "./writer_thread.ts";

/** Milliseconds that the event loop can wait for a group. Up to there the way to the thread and back takes longer. */
const longestWait = 1;
/** Milliseconds that a write takes, as a rule, without the COMMIT. */
const timeOfWrite = 0.02;
/** COMMITs that are looked back upon, to see how quick the disk is. */
const remembered = 9;

/** What a {@linkcode GroupRunner} works with. */
export interface GroupRunnerParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** Which thread is to write. */
  readonly mode: SqliteWriter;
  /** Starts the thread; null where there can be none. */
  readonly startThread: (() => Promise<WriterThread>) | null;
}

/**
 * Executes groups: a small one at once, on the main thread, while the disk is quick; a larger one by a thread of its
 * own, so that the event loop goes on.
 */
export class GroupRunner {
  readonly #parts: GroupRunnerParts;
  readonly #executor: Executor;
  readonly #commitTimes: number[] = [];
  #thread: WriterThread | null = null;
  #starting: Promise<void> | null = null;

  constructor(parts: GroupRunnerParts) {
    this.#parts = parts;
    this.#executor = makeExecutor((sql) => parts.connection.prepare(sql), statements, isStatementError);
  }

  /** Executes a write in the transaction that is open on the main thread. */
  apply(write: Write): WriteRows {
    return this.#executor.apply(write);
  }

  /** Whether the thread executes a group of this size, so that another may be sent while that is under way. */
  usesThread(writes: number): boolean {
    return !this.#isInline(writes) && this.#thread !== null;
  }

  /**
   * Executes a group.
   *
   * @throws the driver's error where nothing of it was done, or a {@linkcode ThreadEndedError}
   */
  async run(group: Group): Promise<GroupOutcome> {
    const { connection } = this.#parts;
    // Before a thread is started, which would open the file of a store that is closed.
    connection.refuseWhereOver();
    if (!this.#isInline(group.writes.length)) void this.start().catch(() => {});
    const outcome = this.usesThread(group.writes.length)
      ? await this.#runInThread(group)
      : await connection.retry(() => this.#executor.run(group));
    this.#commitTimes.push(outcome.commitTime);
    if (this.#commitTimes.length > remembered) this.#commitTimes.shift();
    return outcome;
  }

  /** Resolves when the thread is there, which is started once; until then there is the main thread. */
  start(): Promise<void> {
    const { startThread } = this.#parts;
    return this.#starting ??= (async () => {
      if (startThread) this.#thread = await startThread();
    })();
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    // One that could not be started, and whoever waited for it knows, has nothing to end.
    await this.#starting?.catch(() => {});
    await this.#thread?.close();
  }

  async #runInThread(group: Group): Promise<GroupOutcome> {
    try {
      return await this.#thread!.run(group);
    } catch (error) {
      // Another would fare no better; the main thread is slower, but it works.
      if (error instanceof ThreadEndedError) this.#thread = null;
      throw error;
    }
  }

  #isInline(writes: number): boolean {
    const { mode } = this.#parts;
    if (mode !== "auto") return mode === "main";
    const sorted = this.#commitTimes.toSorted((a, b) => a - b);
    const commitTime = sorted[sorted.length >> 1] ?? 0;
    return commitTime + writes * timeOfWrite < longestWait;
  }
}
