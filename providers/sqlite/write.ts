import type { SqliteValue } from "./database.ts";

/**
 * A write as data: it can be executed where it was made or travel to another thread. Its blocks are executed in order,
 * in one transaction. Where the first has no row, the write is refused and nothing of it happens.
 */
export type Write = readonly Block[];

/**
 * Part of a write: where the guard has a row, the steps follow; else they are left out. Without a guard (null) they
 * always follow.
 */
export type Block = readonly [
  guard: Statement | null,
  values: readonly SqliteValue[],
  steps: readonly Step[],
];

/**
 * One statement of a block. Its `?1` is the column `key` of the guard's row, if there is a guard; `values` come behind.
 */
export type Step = readonly [statement: Statement, values: readonly SqliteValue[]];

/** A row of a statement, by column. */
export type Row = Readonly<Record<string, SqliteValue>>;

/** What a block gave: the guard's row (empty without a guard), then the rows of each step that is a query; or null. */
export type BlockRows = readonly [guard: Row, ...steps: (readonly Row[])[]] | null;

/** What a write gave: an entry a block, or null where it was refused. */
export type WriteRows = readonly BlockRows[] | null;

/** A statement of writes, by its position in {@linkcode statements}: known under it to both threads. */
export type Statement = number;

/** A statement's text, and whether its rows are wanted. */
export interface StatementText {
  /** The SQL. */
  readonly sql: string;
  /** Whether its rows are wanted. */
  readonly hasRows: boolean;
}

const known: StatementText[] = [];

/** The statements that writes are made of. Complete once all modules are loaded. */
export const statements: readonly StatementText[] = known;

/** A statement that is executed for its effect. */
export function effect(sql: string): Statement {
  return known.push({ sql, hasRows: false }) - 1;
}

/** A statement whose rows are wanted, or a guard. */
export function query(sql: string): Statement {
  return known.push({ sql, hasRows: true }) - 1;
}

/** A write without a guard. */
export function unguarded(...steps: Step[]): Write {
  return [[null, [], steps]];
}
