import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../src/provider/errors.ts";

/**
 * What the provider needs of an SQLite driver. `DatabaseSync` of `node:sqlite` has this shape, and so have other
 * synchronous drivers.
 */
export interface SqliteDatabase {
  /** Runs statements without parameters. */
  exec(sql: string): unknown;
  /** Compiles one statement. */
  prepare(sql: string): SqliteStatement;
  /** Closes the connection. */
  close(): unknown;
}

/** A compiled statement; parameters are numbered `?1`, `?2` … */
export interface SqliteStatement {
  /** Runs it; what it returns is not used. */
  run(...parameters: SqliteValue[]): unknown;
  /** Runs it and returns the first row, if any. */
  get(...parameters: SqliteValue[]): unknown;
  /** Runs it and returns all rows. */
  all(...parameters: SqliteValue[]): unknown[];
}

/** What is bound to a parameter. */
export type SqliteValue = string | number | null;

/**
 * What an acknowledged write survives: `"power"` a power cut, at the price of one fsync a transaction; `"process"`
 * any crash of the program, while a power cut or a crash of the system may lose the last moments.
 */
export type SqliteDurability = "power" | "process";

/** Opens a file, or `:memory:`, with the driver built into Deno. */
export function openDatabase(path: string): SqliteDatabase {
  return new DatabaseSync(path);
}

/** What the provider relies on in every connection, as pragmas. */
export function pragmasFor(durability: SqliteDurability): readonly string[] {
  return [
    // SQLite's own waiting would block the event loop; busy connections are tried again asynchronously instead.
    "busy_timeout = 0",
    `synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`,
    // An fsync that macOS does not carry to the disk is none.
    `fullfsync = ${durability === "power" ? "ON" : "OFF"}`,
    "foreign_keys = ON",
  ];
}

/**
 * Sets what the provider relies on.
 *
 * @throws {StoreError} where the database cannot have a write-ahead log
 */
export function configure(database: SqliteDatabase, name: string, durability: SqliteDurability): void {
  const pragma = (sql: string) =>
    database.prepare(`PRAGMA ${sql}`).get() as Record<string, unknown> | undefined;
  // Before anything else, for what follows may find the database busy.
  const [busyTimeout, ...others] = pragmasFor(durability);
  pragma(busyTimeout!);
  // Reads the file's header, so that nothing is written to a file that is no database.
  pragma("schema_version");
  const mode = pragma("journal_mode = WAL")?.["journal_mode"];
  if (mode !== "wal" && mode !== "memory") throw journalError(name, mode);
  others.forEach(pragma);
}

function journalError(name: string, mode: unknown): StoreError {
  return new StoreError(
    "unsupported",
    `Cannot open database ${name}: it has no write-ahead log but journal mode ${mode}; keep it on a local, writable disk`,
  );
}
