import { closedError, isBusy, isStatementError, toStoreError } from "./errors.ts";
import type { SqliteDatabase, SqliteStatement, SqliteValue } from "./database.ts";

/** Milliseconds of the longest pause before a busy database is tried again. */
const longestPause = 25;

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
    return this.read(what, () => {
      this.run("BEGIN IMMEDIATE");
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
    const giveUpAt = performance.now() + this.#options.busyTimeout;
    for (let pause = 1;; pause = Math.min(pause * 2, longestPause)) {
      if (this.#closed) throw closedError(what, this.name);
      if (this.#failure) throw this.#failure;
      try {
        return body();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= giveUpAt) throw toStoreError(error, what, this.name);
      }
      const share = 0.5 + this.#options.random();
      await new Promise((resolve) => setTimeout(resolve, pause * share));
    }
  }

  /** Runs `body` so that a statement that fails takes back only what `body` did; returns the error then. */
  savepoint<Result>(what: string, body: () => Result): Result | Error {
    this.run("SAVEPOINT wfe");
    try {
      const result = body();
      this.run("RELEASE wfe");
      return result;
    } catch (error) {
      if (!isStatementError(error)) throw error;
      this.run("ROLLBACK TO wfe");
      this.run("RELEASE wfe");
      return toStoreError(error, what, this.name) as Error;
    }
  }

  /** Refuses everything from now on. */
  fail(error: Error): void {
    this.#failure = error;
  }

  /** Closes the connection, or only lets go of it when it is the caller's. */
  close(database: "close" | "keep"): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    if (database === "close") this.#database.close();
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
