import { StoreError } from "../../src/provider/errors.ts";
import { type RoleOptions, roleOptions } from "../role_options.ts";
import { readTlsFiles, type TlsOptions } from "../tls_files.ts";

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
  /**
   * Certificates, where the URL begins with `rediss:`. For `open` only.
   *
   * @default what the files hold that `?ssl_ca_certs=`, `?ssl_certfile=` and `?ssl_keyfile=` in the URL name
   */
  readonly tls?: TlsOptions;
}

/** The options with their defaults. */
export type CompleteOptions = Required<Omit<ValkeyOptions, "tls">>;

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
  /** Whether connections are encrypted. */
  readonly isEncrypted: boolean;
  /** The files of certificates that it names. */
  readonly files: Readonly<Record<string, string>>;
}

/** As the clients of Redis and Valkey for Python call them. */
const files = { ca: "ssl_ca_certs", cert: "ssl_certfile", key: "ssl_keyfile" } as const;

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
  const { prefix = null, ...parameters } = Object.fromEntries(url.searchParams);
  const named = Object.values(files).filter((name) => parameters[name]);
  const user = url.username === "" && url.password === "" ? "" : `${url.username}:${url.password}@`;
  const database = url.pathname === "/" ? "" : url.pathname;
  return {
    url: `${scheme}//${user}${host}${database}`,
    host,
    name: `${host}${database}`,
    prefix,
    isEncrypted: scheme === "rediss:",
    files: Object.fromEntries(named.map((name) => [name, parameters[name]!])),
  };
}

/**
 * The certificates of a URL, or of the options; null: no encryption.
 *
 * @throws {StoreError} where they cannot be read, or used
 */
export async function readTls(
  { name, isEncrypted, files: paths }: ServerUrl,
  given: TlsOptions | undefined,
): Promise<TlsOptions | null> {
  if (isEncrypted) return { ...await readTlsFiles(`open Valkey ${name}`, files, paths), ...given };
  if (!given && Object.keys(paths).length === 0) return null;
  throw new StoreError(
    "unsupported",
    `Cannot open Valkey ${name}: its URL asks for no encryption, so certificates are of no use; write rediss:`,
  );
}

function isDatabase(path: string): boolean {
  return /^(\/\d*)?$/.test(path);
}
