import type { JsonRow, PostgresClient, PostgresTransaction, PostgresValue } from "./client.ts";
import { endsConnection, toStoreError, troubleOf, UnansweredError } from "./errors.ts";
import type { Schema } from "./schema.ts";

/** Milliseconds that a statement may stay unanswered beyond the time that the server gives it, at most. */
const grace = 5_000;
/** Milliseconds of the first pause before something is tried again, and of the longest. */
const firstPause = 5;
const longestPause = 500;

/** Seconds that connections may take to close. */
const farewell = 0.25;

/** How a connection behaves. */
export interface ConnectionOptions {
  /** The database, for people. */
  readonly name: string;
  /** Where the tables are. */
  readonly schema: Schema;
  /** Whether statements are prepared. */
  readonly prepare: boolean;
  /** Milliseconds to go on trying while the server is in trouble that passes. */
  readonly busyTimeout: number;
  /** Milliseconds that the server gives a statement. */
  readonly statementTimeout: number;
  /** A number from 0 up to 1, for the pauses in between. */
  readonly random: () => number;
  /** Makes the client anew, where it may be; its old one is given up. */
  readonly renew?: () => PostgresClient;
}

/** Runs statements in the transaction that is open. */
export interface Transaction {
  /** The rows of a statement, which are JSON. */
  all<Row>(sql: string, ...parameters: PostgresValue[]): Promise<Row[]>;
}

/** A client, and how many statements and transactions are under way on it. */
interface Use {
  readonly client: PostgresClient;
  underWay: number;
  /** Once it has been given up: called when nothing is under way any more. */
  leave: (() => void) | null;
}

/** A pool of connections: failures that pass are tried again, and every wait has an end. */
export class Connection {
  #use: Use;
  readonly #options: ConnectionOptions;
  /** Old clients on their way out. */
  readonly #given = new Set<Promise<unknown>>();
  /** End what waits to be tried again. */
  readonly #pauses = new Set<() => void>();
  #closed = false;

  constructor(client: PostgresClient, options: ConnectionOptions) {
    this.#use = { client, underWay: 0, leave: null };
    this.#options = options;
  }

  /** The database, for people. */
  get name(): string {
    return this.#options.name;
  }

  /** Where the tables are. */
  get schema(): Schema {
    return this.#options.schema;
  }

  /**
   * The rows of a statement that may be tried again whatever became of it.
   *
   * @param what completes "Cannot …" in errors
   */
  all<Row>(what: string, sql: string, ...parameters: PostgresValue[]): Promise<Row[]> {
    return this.retry(what, true, () => this.once<Row>(sql, ...parameters));
  }

  /** The first row of such a statement. */
  async get<Row>(what: string, sql: string, ...parameters: PostgresValue[]): Promise<Row | undefined> {
    return (await this.all<Row>(what, sql, ...parameters))[0];
  }

  /**
   * The rows of a statement that must not be done twice: it is tried again only where it was certainly not done. Else the
   * error says that it may be.
   */
  write<Row>(what: string, sql: string, ...parameters: PostgresValue[]): Promise<Row[]> {
    return this.retry(what, false, () => this.once<Row>(sql, ...parameters));
  }

  /** The rows of a statement, tried once; throws the driver's error. */
  once<Row>(sql: string, ...parameters: PostgresValue[]): Promise<Row[]> {
    this.#refuseWhereClosed();
    const use = this.#use;
    return this.#during(use, () => this.#run<Row>(use, use.client, sql, parameters));
  }

  /**
   * Runs `body` in a transaction, which is rolled back when it throws. It may be run again, but not where the answer to
   * the COMMIT was lost; it waits for nothing but the transaction's own statements.
   */
  transaction<Result>(what: string, body: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    let isCommitting = false;
    return this.retry(what, () => !isCommitting, () => {
      isCommitting = false;
      return this.#transactionOnce(async (transaction) => {
        const result = await body(transaction);
        isCommitting = true;
        return result;
      });
    });
  }

  /**
   * As {@linkcode Connection.transaction}, but `body` does not wait for its last statement: that goes to the server
   * together with the COMMIT, which undoes all where the statement has failed.
   */
  transactionWithLast<Result>(
    what: string,
    body: (transaction: Transaction) => Promise<{ readonly last: Promise<Result> }>,
  ): Promise<Result> {
    let isCommitting = false;
    return this.retry(what, () => !isCommitting, async () => {
      isCommitting = false;
      const { last } = await this.#transactionOnce(async (transaction) => {
        const ending = await body(transaction);
        isCommitting = true;
        // Where the COMMIT fails as well, that is what is told.
        ending.last.catch(() => {});
        return ending;
      });
      return await last;
    });
  }

  /** Runs an action again while its failure passes, and it either may be repeated or was certainly not done. */
  async retry<Result>(
    what: string,
    repeatable: boolean | (() => boolean),
    action: () => Promise<Result>,
  ): Promise<Result> {
    const giveUpAt = performance.now() + this.#options.busyTimeout;
    for (let pause = firstPause;; pause = Math.min(pause * 2, longestPause)) {
      try {
        return await action();
      } catch (error) {
        const trouble = troubleOf(error);
        const mayRepeat = typeof repeatable === "function" ? repeatable() : repeatable;
        const again = trouble?.passes && (mayRepeat || trouble.undone) && !this.#closed &&
          performance.now() < giveUpAt;
        if (!again) {
          const undone = trouble?.undone !== false || mayRepeat && typeof repeatable === "function";
          throw toStoreError(error, what, this.name, !undone);
        }
      }
      await this.#pause(pause);
    }
  }

  /** A failure as a {@linkcode StoreError}, where it is one of the store's. */
  explain(error: unknown, what: string): unknown {
    return toStoreError(error, what, this.name, troubleOf(error)?.undone === false);
  }

  /** Waits about so many milliseconds, or until the store is closed. */
  async #pause(milliseconds: number): Promise<void> {
    const share = 0.5 + this.#options.random();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds * share);
    this.#pauses.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#pauses.delete(resolve);
  }

  /** Refuses everything from now on; what waits to be tried again is refused at once. */
  shut(): void {
    this.#closed = true;
    for (const end of this.#pauses) end();
  }

  /** Closes the connections once nothing is under way on them; those of a caller's client are left. */
  async close(atEnd: "close" | "keep"): Promise<void> {
    this.shut();
    const use = this.#use;
    if (use.underWay > 0) await new Promise<void>((resolve) => use.leave = resolve);
    if (atEnd === "close") await use.client.end({ timeout: farewell });
    await Promise.all(this.#given);
  }

  #transactionOnce<Result>(body: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    this.#refuseWhereClosed();
    const use = this.#use;
    return this.#during(use, () => this.#begin(use, body));
  }

  #begin<Result>(use: Use, body: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    // The driver's own BEGIN and COMMIT, too, are waited for no longer than other statements.
    const silence = this.#silence(() => give(new UnansweredError(this.#longest)));
    let isGivenUp = false;
    const give = (error: unknown): void => {
      isGivenUp = true;
      if (endsConnection(error)) this.#renew(use);
      reject(error);
    };
    use.client.begin(async (transaction) => {
      silence.stop();
      let isOver = isGivenUp;
      const all = async <Row>(sql: string, ...parameters: PostgresValue[]): Promise<Row[]> => {
        try {
          return await this.#run<Row>(use, transaction, sql, parameters);
        } catch (error) {
          isOver = endsConnection(error);
          throw error;
        }
      };
      try {
        if (isGivenUp) throw new UnansweredError(this.#longest);
        const result = await body({ all });
        silence.start();
        return { result };
      } catch (error) {
        if (!isOver) throw error;
        give(error);
        // The driver would send a ROLLBACK into a connection that is gone, which ends the program.
        return new Promise<never>(() => {});
      }
    }).then((done) => resolve((done as { readonly result: Result }).result), give)
      .finally(() => silence.stop());
    return promise.finally(() => silence.stop());
  }

  async #run<Row>(
    use: Use,
    on: PostgresTransaction,
    sql: string,
    parameters: PostgresValue[],
  ): Promise<Row[]> {
    const { schema, prepare } = this.#options;
    const text = schema.sql(sql);
    const answer = parameters.length === 0 ? on.unsafe(text) : on.unsafe(text, parameters, { prepare });
    try {
      const rows = await this.#within(answer) as readonly Partial<JsonRow>[];
      // The driver leaves places empty where its connection broke in the midst of the rows before these.
      return rows.filter(() => true).map(({ r }) => typeof r === "string" ? JSON.parse(r) : null);
    } catch (error) {
      if (endsConnection(error)) this.#renew(use);
      throw error;
    }
  }

  /** What the driver promises, or an error where it stays silent. */
  async #within<Result>(answer: PromiseLike<Result>): Promise<Result> {
    const { promise, reject } = Promise.withResolvers<never>();
    const silence = this.#silence(() => reject(new UnansweredError(this.#longest)));
    try {
      return await Promise.race([answer, promise]);
    } finally {
      silence.stop();
    }
  }

  /** Milliseconds that a statement may stay unanswered. */
  get #longest(): number {
    const { statementTimeout } = this.#options;
    return statementTimeout + Math.min(statementTimeout, grace);
  }

  /** Calls back when nothing was heard for too long, unless stopped; it is running when it is made. */
  #silence(callback: () => void): { readonly start: () => void; readonly stop: () => void } {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const start = () => void (timer = setTimeout(callback, this.#longest));
    start();
    return { start, stop: () => clearTimeout(timer) };
  }

  /**
   * Gives the client up where one of its connections broke: the others may be as dead without knowing, and the driver is
   * slow to try again. What is under way on them may end.
   */
  #renew(use: Use): void {
    const { renew } = this.#options;
    if (!renew || this.#closed || use !== this.#use) return;
    this.#use = { client: renew(), underWay: 0, leave: null };
    const { promise, resolve } = Promise.withResolvers<void>();
    use.leave = resolve;
    // At once, for nothing is under way: of connections that broke the driver would wait to hear more.
    const ended: Promise<unknown> = promise.then(() => use.client.end({ timeout: 0 })).catch(() => {})
      .finally(() => this.#given.delete(ended));
    this.#given.add(ended);
  }

  async #during<Result>(use: Use, action: () => Promise<Result>): Promise<Result> {
    use.underWay++;
    try {
      return await action();
    } finally {
      if (--use.underWay === 0) use.leave?.();
    }
  }

  #refuseWhereClosed(): void {
    if (this.#closed) throw Object.assign(new Error("it was disposed of"), { code: "CONNECTION_ENDED" });
  }
}
