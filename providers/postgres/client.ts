/**
 * What the provider needs of a PostgreSQL driver. The client that `npm:postgres` makes has this shape, and so has a pool
 * that the caller made with it.
 */
export interface PostgresClient {
  /** Runs one statement; parameters are numbered `$1`, `$2` … Without parameters it may be several. */
  unsafe(
    sql: string,
    parameters?: PostgresValue[],
    options?: { readonly prepare?: boolean },
  ): PromiseLike<readonly unknown[]>;
  /** Runs `body` in a transaction, which is rolled back when it rejects. */
  begin(body: (transaction: PostgresTransaction) => Promise<unknown>): Promise<unknown>;
  /** Calls back for what is notified on a channel, by a connection of its own. */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen?: () => void,
  ): Promise<{ unlisten(): Promise<unknown> }>;
  /** Closes all connections, after so many seconds even where they are at work. */
  end(options?: { readonly timeout?: number }): Promise<unknown>;
}

/** Runs statements in a transaction. */
export type PostgresTransaction = Pick<PostgresClient, "unsafe">;

/** What is bound to a parameter. */
export type PostgresValue = string | number | boolean | null;

/** The row of every query: one column `r`, JSON as text, so that no setting of the caller's client changes it. */
export interface JsonRow {
  /** The JSON. */
  readonly r: string | null;
}

/** A number as the server can take it: none of its whole numbers is infinite. */
export function whole(number: number): number {
  return Math.min(number, Number.MAX_SAFE_INTEGER);
}
