import { StoreError } from "../../src/provider/errors.ts";

/** Options of `OpenSearchIndex.from`. Times are milliseconds. */
export interface OpenSearchClientOptions {
  /**
   * Name under which the index is found: an alias. The index itself has the number of its mapping behind it, `wfe-runs-v1`.
   *
   * @default what `?index=` in the URL says, else "wfe-runs"
   */
  readonly index?: string;
  /**
   * How long a request may take. A client of the caller's that tries again has as long again.
   *
   * @default 10000
   */
  readonly requestTimeout?: number;
  /**
   * How long documents that the server has no room for (429) are tried again before `put` rejects.
   *
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * Copies of each shard.
   *
   * @default 1
   */
  readonly replicas?: number;
}

/** Options of `OpenSearchIndex.open`. */
export interface OpenSearchOptions extends OpenSearchClientOptions {
  /**
   * What sends requests: with certificates, or signatures, of your own, for instance.
   *
   * @default fetch
   */
  readonly fetch?: typeof fetch;
}

/** The options with their defaults. */
export type Settings = Required<OpenSearchClientOptions>;

/**
 * Fills in the defaults.
 *
 * @throws {StoreError} where the index's name cannot be one
 */
export function completeOptions(options: OpenSearchClientOptions): Settings {
  const { index = "wfe-runs", requestTimeout = 10_000, busyTimeout = 5_000, replicas = 1 } = options;
  if (!/^[a-z0-9][a-z0-9._-]{0,199}$/.test(index)) {
    throw new StoreError(
      "unsupported",
      `Cannot open a search index: its name must be of lower-case letters, digits, ".", "_" and "-", received ${
        JSON.stringify(index)
      }`,
    );
  }
  return { index, requestTimeout, busyTimeout, replicas };
}

/** A server's URL, read. */
export interface ServerUrl {
  /** Without user, password, query and a slash at the end. */
  readonly server: string;
  /** What the header `Authorization` says, or null. */
  readonly authorization: string | null;
  /** The index that it names, or null. */
  readonly index: string | null;
}

/** @throws {StoreError} where it is no URL of a server */
export function readUrl(url: string | URL): ServerUrl {
  const parsed = URL.parse(String(url));
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new StoreError(
      "unsupported",
      "Cannot open a search index: its URL must be like http://user:password@host:9200",
    );
  }
  const { protocol, host, pathname, searchParams } = parsed;
  const server = `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
  return { server, authorization: authorizationOf(parsed), index: searchParams.get("index") };
}

function authorizationOf({ username, password }: URL): string | null {
  if (username === "" && password === "") return null;
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return `Basic ${bytes.toBase64()}`;
}

/** A sign `%` that stands for itself is left alone. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
