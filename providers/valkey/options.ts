import { StoreError } from "../../src/provider/errors.ts";
import { type RoleOptions, roleOptions } from "../role_options.ts";

/** Options of `ValkeyProvider.open` and `ValkeyProvider.from`. Times are milliseconds. */
export interface ValkeyOptions extends RoleOptions {
  /**
   * What the names of all keys begin with, as a hash tag: `{wfe}:queue`. Programs with the same prefix share a queue and
   * locks.
   *
   * @default what `?prefix=` in the URL says, else "wfe"
   */
  readonly prefix?: string;
  /**
   * How long a connection may take to come about. For `open` only.
   *
   * @default 5000
   */
  readonly connectTimeout?: number;
  /**
   * How long a command may go without an answer. Then the connection is given up, and made anew.
   *
   * @default 5000
   */
  readonly commandTimeout?: number;
  /**
   * Whether opening is refused where the server cannot be reached. Else what is asked of it fails until it can.
   *
   * @default true
   */
  readonly required?: boolean;
}

/** The options with their defaults. */
export type CompleteOptions = Required<ValkeyOptions>;

/** Fills in the defaults, those of the roles and of the provider. */
export function completeOptions(options: ValkeyOptions): CompleteOptions {
  const complete = {
    prefix: "wfe",
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    required: true,
    ...options,
    ...roleOptions({ sink: "valkey", ...options }),
  };
  const { prefix } = complete;
  if (prefix.length === 0 || prefix.length > 100 || /[{}\p{Cc}]/u.test(prefix)) {
    throw new StoreError(
      "unsupported",
      `Cannot use prefix ${
        JSON.stringify(prefix)
      }: it has 1 to 100 characters, and none of {} or control characters; choose another`,
    );
  }
  return complete;
}

const schemes: Readonly<Record<string, string>> = {
  "redis:": "redis:",
  "rediss:": "rediss:",
  "valkey:": "redis:",
  "valkeys:": "rediss:",
};

/** A server's URL, read. */
export interface ServerUrl {
  /** As the driver takes it. */
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  /** The server, for people: without the password. */
  readonly name: string;
  /** The prefix that it names. */
  readonly prefix: string | null;
}

/** @throws {StoreError} where it is no URL of a server */
export function readUrl(text: string): ServerUrl {
  const url = URL.parse(text);
  const scheme = url && schemes[url.protocol];
  if (!url || !scheme || url.hostname === "" || !isDatabase(url.pathname)) {
    const received = !url ? "that cannot be read" : !scheme ? `of ${url.protocol}` : `with ${url.pathname}`;
    throw new StoreError(
      "unsupported",
      `Cannot open a Valkey provider: the URL must be like redis://user:password@host:6379/0, received one ${received}; write @ : / % of a user or password as %40 %3A %2F %25`,
    );
  }
  const host = `${url.hostname}:${url.port || "6379"}`;
  const prefix = url.searchParams.get("prefix");
  const user = url.username === "" && url.password === "" ? "" : `${url.username}:${url.password}@`;
  const database = url.pathname === "/" ? "" : url.pathname;
  return { url: `${scheme}//${user}${host}${database}`, host, name: `${host}${database}`, prefix };
}

function isDatabase(path: string): boolean {
  return /^(\/\d*)?$/.test(path);
}
