import { StoreError } from "../../src/provider/errors.ts";
import { type Trouble, troubleError } from "../trouble.ts";

const busy: Trouble = {
  problem: "busy",
  why: "another connection holds the write lock",
  remedy: "try again, or find the program that keeps a transaction open",
};
const full: Trouble = {
  problem: "full",
  why: "there is no room left",
  remedy: "free disk space, or raise PRAGMA max_page_count, and try again",
};
const readOnly: Trouble = {
  problem: "read-only",
  why: "it is read-only",
  remedy: "give the user of this program the right to write the file and its folder",
};
const io: Trouble = {
  problem: "io",
  why: "the disk reported an error",
  remedy: "check the disk and the system's log, then try again",
};
const corrupt: Trouble = {
  problem: "corrupt",
  why: "the file is damaged",
  remedy: "keep a copy of it, then restore a backup; it is not repaired here",
};
const noDatabase: Trouble = {
  problem: "corrupt",
  why: "the file is no SQLite database",
  remedy: "give the path of another file, or of a new one",
};
const noOpen: Trouble = {
  problem: "missing",
  why: "the file could not be opened",
  remedy: "check that its folder exists and that this program's user may write it",
};

/** By SQLite's primary result code; `text` is the driver's message where it gives no code, as for `exec()`. */
const troubles: readonly { readonly code: number; readonly text: string; readonly trouble: Trouble }[] = [
  { code: 5, text: "database is locked", trouble: busy },
  { code: 6, text: "database table is locked", trouble: busy },
  { code: 8, text: "attempt to write a readonly database", trouble: readOnly },
  { code: 10, text: "disk I/O error", trouble: io },
  { code: 11, text: "database disk image is malformed", trouble: corrupt },
  { code: 13, text: "database or disk is full", trouble: full },
  { code: 14, text: "unable to open database file", trouble: noOpen },
  { code: 15, text: "locking protocol", trouble: busy },
  { code: 26, text: "file is not a database", trouble: noDatabase },
];

/** Result codes after which the same transaction may go through a moment later. */
export const busyCodes: readonly number[] = troubles.filter(({ trouble }) => trouble === busy)
  .map(({ code }) => code);

/** Result codes after which SQLite may have rolled back everything by itself. */
export const fatalCodes: readonly number[] = troubles.map(({ code }) => code);

/** The primary result code of a driver's error; undefined when the error is none of SQLite's, 1 when it is unknown. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as Error & { readonly code?: unknown; readonly errcode?: unknown };
  const number = errcode ?? code;
  if (typeof number === "number") return number & 0xff;
  if (code !== "ERR_SQLITE_ERROR" && error.name !== "SqliteError") return undefined;
  return troubles.find(({ text }) => error.message.startsWith(text))?.code ?? 1;
}

/** Whether the same transaction may go through a moment later. */
export function isBusy(error: unknown): boolean {
  return busyCodes.includes(sqliteCode(error) ?? 0);
}

/**
 * Whether only the statement failed, as by a constraint, so that the rest of the transaction may go on. After other
 * errors SQLite may have rolled back everything by itself.
 */
export function isStatementError(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !fatalCodes.includes(code);
}

/**
 * Turns a driver's error into a {@linkcode StoreError}; an error of another origin is returned as it is.
 *
 * @param what completes "Cannot …"
 * @param name the database, for people
 */
export function toStoreError(error: unknown, what: string, name: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof Deno.errors.NotCapable) {
    const message =
      `Cannot ${what}: ${error.message}; grant read and write access to "${name}" and "${name}.hosts"`;
    return new StoreError("denied", message, { cause: error });
  }
  if ("code" in error && error.code === "ERR_INVALID_STATE") return closedError(what, name, error);
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const trouble = troubles.find((entry) => entry.code === code)?.trouble;
  if (trouble) return troubleError(trouble, what, `database ${name}`, error);
  return new StoreError("unsupported", `Cannot ${what} (database ${name}): ${error.message}`, {
    cause: error,
  });
}

/** The provider was disposed of, or its connection closed. */
function closedError(what: string, name: string, cause: Error): StoreError {
  return new StoreError("closed", `Cannot ${what} (database ${name}): it is closed`, { cause });
}
