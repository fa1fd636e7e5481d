import { StoreError } from "../../src/provider/errors.ts";
import { tlsTroubles } from "../tls_troubles.ts";
import { type Trouble as StoreTrouble, troubleError } from "../trouble.ts";

/** What is known of a failure. */
export interface Trouble extends StoreTrouble {
  /** Whether the same may go through a moment later. */
  readonly passes: boolean;
  /** Whether nothing was done: false where the connection broke before the answer came. */
  readonly undone: boolean;
}

/** No answer came in time. */
export class UnansweredError extends Error {
  /** Tells this error from others. */
  readonly code = "UNANSWERED";

  /** Made where a statement is waited for. */
  constructor(milliseconds: number) {
    super(`no answer for ${milliseconds} ms`);
    this.name = "UnansweredError";
  }
}

/** What was written may be lost if the server crashes now, or has been lost. */
export class UnflushedError extends Error {
  /** Tells this error from others. */
  readonly code = "UNFLUSHED";

  /** Made where a flush is waited for. */
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "UnflushedError";
  }
}

/** The errors of the functions: another writer has locked the event; a sink is open. */
export const eventIsLocked = "WFE01";
/** See {@linkcode eventIsLocked}. */
export const sinkIsOpen = "WFE02";

/** See {@linkcode eventIsLocked}: a lock of a transition is lost. */
export const lockIsLost = "WFE03";

const passing = { passes: true, undone: true };
const lasting = { passes: false, undone: true };

const broken: Trouble = {
  problem: "io",
  why: "the connection to the server broke",
  remedy: "it is made anew by itself; see the server's log",
  passes: true,
  undone: false,
};
const unreachable: Trouble = {
  problem: "io",
  why: "the server cannot be reached",
  remedy: "check host and port, and that it runs",
  ...passing,
};
const busy: Trouble = {
  problem: "busy",
  why: "another transaction is in the way",
  remedy: "try again, or find the one that stays open in pg_stat_activity",
  ...passing,
};
const crowded: Trouble = {
  problem: "busy",
  why: "the server has no connection or memory left",
  remedy: "lower maxConnections, use a pooler, or raise max_connections",
  ...passing,
};
const standby: Trouble = {
  problem: "io",
  why: "the server takes no writes",
  remedy: "a failover may be under way; name all servers and target_session_attrs=read-write in the URL",
  ...passing,
};
const full: Trouble = {
  problem: "full",
  why: "there is no room left on the server",
  remedy: "free disk space and try again",
  passes: false,
  undone: true,
};
const io: Trouble = {
  problem: "io",
  why: "the server reported an error of its disk",
  remedy: "see its log, then try again",
  passes: false,
  undone: true,
};
const corrupt: Trouble = {
  problem: "corrupt",
  why: "the database is damaged",
  remedy: "keep a copy of it, then restore a backup; it is not repaired here",
  ...lasting,
};
const denied: Trouble = {
  problem: "denied",
  why: "the server does not let this user in, or at these tables",
  remedy: "check user, password and GRANTs, and sslmode in the URL where the server speaks of encryption",
  ...lasting,
};
const noNetwork: Trouble = {
  problem: "denied",
  why: "Deno was not given the permission",
  remedy: "grant --allow-net for the server's host and port",
  ...lasting,
};
const missing: Trouble = {
  problem: "missing",
  why: "there is no such database, schema or table",
  remedy: "check the URL and the schema; a dropped schema is made anew by opening the store",
  ...lasting,
};
const closed: Trouble = {
  problem: "closed",
  why: "the store is closed",
  remedy: "open it again",
  ...lasting,
};
const pooled: Trouble = {
  problem: "unsupported",
  why: "a pooler has changed the connection between two statements",
  remedy: "open the store with { prepare: false, listen: false }",
  ...lasting,
};

const unencrypted = tlsTroubles({
  ca: "sslrootcert in the URL",
  cert: "sslcert and sslkey in the URL",
  plain: "write sslmode=disable in the URL",
});

/** By code of the driver or SQLSTATE; of the latter, the first two characters stand for the rest of its class. */
const troubles: Readonly<Record<string, Trouble>> = {
  UNANSWERED: {
    ...broken,
    why: "the server did not answer",
    remedy: "see whether it, or the network, hangs",
  },
  UNFLUSHED: { ...broken, why: "the server did not say that it is flushed" },
  CONNECTION_CLOSED: broken,
  CONNECTION_DESTROYED: broken,
  ECONNRESET: broken,
  ECONNABORTED: broken,
  EPIPE: broken,
  ETIMEDOUT: broken,
  CONNECT_TIMEOUT: unreachable,
  ECONNREFUSED: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EAI_AGAIN: unreachable,
  ENOTFOUND: unreachable,
  CONNECTION_ENDED: closed,
  ...Object.fromEntries(
    Object.entries(unencrypted).map(([code, trouble]) => [code, { ...trouble, ...lasting }]),
  ),
  "08": broken,
  "08P01": {
    ...pooled,
    why: "a pooler does not let through what a connection is to be set to",
    remedy: "open the store with { prepare: false }, and in transaction mode { listen: false } as well",
  },
  "25006": standby,
  "25P02": broken,
  "25P03": { ...broken, undone: true },
  "26": pooled,
  "42P05": pooled,
  "42704": {
    problem: "unsupported",
    why: "the server does not know something that was asked for",
    remedy: "take out of the URL what is no setting of the server",
    ...lasting,
  },
  "28": denied,
  "3D": missing,
  "3F": missing,
  "40": busy,
  "40003": broken,
  "42501": denied,
  "42P01": missing,
  "42883": missing,
  "53": crowded,
  "53100": full,
  "55P03": busy,
  "57014": {
    ...busy,
    why: "the statement took too long",
    remedy: "see what holds it up, or raise statementTimeout",
  },
  "57P01": broken,
  "57P02": broken,
  "57P03": unreachable,
  "57P05": broken,
  "58": io,
  XX001: corrupt,
  XX002: corrupt,
  WFE01: busy,
};

/** The code of a driver's error, or undefined where it is none. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as Error & { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** What is known of a failure; undefined where it is a defect, or a rule of the schema that was broken. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof Deno.errors.NotCapable) return noNetwork;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  return Object.hasOwn(troubles, code)
    ? troubles[code]
    : code.length === 5
    ? troubles[code.slice(0, 2)]
    : undefined;
}

/** Whether only what was asked for is at fault, as by a constraint: without it, the rest of a group may go through. */
export function isStatementError(error: unknown): boolean {
  return isServerError(error) && troubleOf(error) === undefined;
}

/** Whether the server refused something: the driver's class is not ours to import where the client is the caller's. */
function isServerError(error: unknown): error is Error {
  return error instanceof Error && error.name === "PostgresError";
}

/** Whether the connection is over with this error, or about to be, so that it must not be used again. */
export function endsConnection(error: unknown): boolean {
  if (troubleOf(error) === undefined) return false;
  const { severity, severity_local: local } = error as {
    readonly severity?: unknown;
    readonly severity_local?: unknown;
  };
  const level = severity ?? local;
  return level === undefined || level === "FATAL" || level === "PANIC";
}

/**
 * Turns a driver's error into a {@linkcode StoreError}; an error of another origin is returned as it is.
 *
 * @param what completes "Cannot …"
 * @param name the database, for people
 * @param mayBeWritten whether what was asked for may have been done
 */
export function toStoreError(error: unknown, what: string, name: string, mayBeWritten = false): unknown {
  if (error instanceof StoreError) return error;
  const trouble = troubleOf(error);
  const cause = error instanceof Error ? error : undefined;
  if (trouble) {
    const doubt = mayBeWritten ? "; it may be written all the same, so look before you try again" : "";
    return troubleError({ ...trouble, remedy: trouble.remedy + doubt }, what, `database ${name}`, cause);
  }
  if (!isServerError(error)) return error;
  return new StoreError("unsupported", `Cannot ${what} (database ${name}): ${error.message}`, { cause });
}
