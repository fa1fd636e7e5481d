import type { SqliteDatabase, SqliteStatement, SqliteValue } from "./database.ts";
import { isBusy, toStoreError } from "./errors.ts";

/** Milliseconds of the longest pause before a busy database is tried again. */
export const longestPause = 25;

/** How a connection behaves. */
export interface ConnectionOptions {
  /** The database, for people. */
  readonly name: string;
  /** Milliseconds to go on trying while another connection holds the write lock. */
  readonly busyTimeout: number;
  /** A number from 0 up to 1, for the pauses in between. */
  readonly random: () => number;
}

/** One database connection: compiled statements are kept, transactions are retried while the database is busy. */
export class Connection {
  readonly #database: SqliteDatabase;
  readonly #options: ConnectionOptions;
  readonly #statements = new Map<string, SqliteStatement>();
  #failure: Error | null = null;
  #closed = false;

  constructor(database: SqliteDatabase, options: ConnectionOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** The database, for people. */
  get name(): string {
    return this.#options.name;
  }

  /** Compiles a statement; the caller keeps it. */
  prepare(sql: string): SqliteStatement {
    return this.#database.prepare(sql);
  }

  /** Runs a statement for its effect. */
  run(sql: string, ...parameters: SqliteValue[]): void {
    this.#statement(sql).run(...parameters);
  }

  /** The first row of a statement. */
  get<Row>(sql: string, ...parameters: SqliteValue[]): Row | undefined {
    return (this.#statement(sql).get(...parameters) ?? undefined) as Row | undefined;
  }

  /** All rows of a statement. */
  all<Row>(sql: string, ...parameters: SqliteValue[]): Row[] {
    return this.#statement(sql).all(...parameters) as Row[];
  }

  /** Runs a script of statements. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /**
   * Runs `body` in one write transaction, which is rolled back when it throws. It may be run again while the
   * database is busy, and must not wait for anything.
   *
   * @param what completes "Cannot …" in errors
   */
  transaction<Result>(what: string, body: () => Result): Promise<Result> {
    return this.#within("BEGIN IMMEDIATE", what, body);
  }

  /** Runs `body` where all its queries see the same, whatever is written meanwhile; it must not wait for anything. */
  snapshot<Result>(what: string, body: () => Result): Promise<Result> {
    return this.#within("BEGIN", what, body);
  }

  #within<Result>(begin: string, what: string, body: () => Result): Promise<Result> {
    return this.read(what, () => {
      this.run(begin);
      try {
        const result = body();
        this.run("COMMIT");
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  /** Runs `body` without a transaction, with the same retries and errors. */
  async read<Result>(what: string, body: () => Result): Promise<Result> {
    try {
      return await this.retry(body);
    } catch (error) {
      throw toStoreError(error, what, this.name);
    }
  }

  /** Runs `body` again and again while the database is busy. What it throws otherwise is passed on. */
  async retry<Result>(body: () => Result): Promise<Result> {
    const giveUpAt = performance.now() + this.#options.busyTimeout;
    for (let pause = 1;; pause = Math.min(pause * 2, longestPause)) {
      this.refuseWhereOver();
      try {
        return body();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= giveUpAt) throw error;
      }
      const share = 0.5 + this.#options.random();
      await new Promise((resolve) => setTimeout(resolve, pause * share));
    }
  }

  /** Throws where nothing may be done any more. */
  refuseWhereOver(): void {
    if (this.#closed) throw Object.assign(new Error("the store is closed"), { code: "ERR_INVALID_STATE" });
    if (this.#failure) throw this.#failure;
  }

  /** Refuses everything from now on, for this reason. */
  fail(error: Error): void {
    this.#failure = error;
  }

  /** Refuses everything from now on, because it is closed or about to be. */
  shut(): void {
    this.#closed = true;
  }

  /** Closes the database. */
  close(): void {
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // After a full disk or an I/O error SQLite has rolled back by itself, and says that there is no transaction.
    }
  }
}
