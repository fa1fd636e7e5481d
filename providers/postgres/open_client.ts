import postgres from "postgres";
import { withEnvironment } from "../../src/definition/with_environment.ts";
import { StoreError } from "../../src/provider/errors.ts";
import type { PostgresClient } from "./client.ts";
import { SocketMaker } from "./connect_socket.ts";
import type { Encryption } from "./encryption.ts";
import { readEnvironment } from "./environment.ts";
import type { CompleteOptions } from "./options.ts";

/** Environment variables that the driver looks at, where the URL says nothing. */
const variables = [
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGDATABASE",
  "PGTARGETSESSIONATTRS",
] as const;

const defaultPort = 5432;

/** Settings of a connection that are no pooler's to forget. */
interface ClientParts {
  /** Most connections. */
  readonly most: number;
  /** Called for what is notified to its connections. */
  readonly onNotify?: (channel: string, payload: string) => void;
  /** Called when one of its connections has ended. */
  readonly onClose?: () => void;
}

/** Makes clients for one server. */
export class ClientMaker {
  /** The server and database, for people: without the password. */
  readonly name: string;
  readonly #url: string;
  readonly #options: CompleteOptions;
  readonly #encryption: Encryption | null;

  /** `url` names a PostgreSQL server, and nothing that the server cannot be told. */
  constructor(url: string, options: CompleteOptions, encryption: Encryption | null) {
    this.#url = url;
    this.name = nameOf(this.#url);
    this.#options = options;
    this.#encryption = encryption;
  }

  /** Makes a client; it connects when it is used. */
  make({ most, onNotify, onClose }: ClientParts): PostgresClient {
    const { connectTimeout, idleTimeout, prepare } = this.#options;
    const sockets = new SocketMaker(connectTimeout, this.#encryption);
    const options = {
      max: most,
      prepare,
      // The sockets are encrypted when the driver gets them.
      ssl: false,
      // Known to the driver, though not to its types.
      socket: (target: Parameters<SocketMaker["connect"]>[0]) => sockets.connect(target),
      connect_timeout: connectTimeout / 1_000,
      idle_timeout: onNotify ? 0 : idleTimeout / 1_000,
      ...(onNotify && { max_lifetime: null, onnotify: onNotify }),
      ...(onClose && { onclose: onClose }),
      // The provider pauses between its own tries.
      backoff: () => 0,
      fetch_types: false,
      onnotice: () => {},
      connection: { application_name: "wfe", ...(prepare && this.#settings()) },
    };
    const client: PostgresClient = withEnvironment(
      readEnvironment(variables),
      () => postgres(this.#url, options as postgres.Options<never>),
    );
    const { end } = client;
    // The driver does not wait for the last of a connection that broke.
    return Object.assign(client, {
      end: async (...options: Parameters<typeof end>) => {
        await end(...options);
        await sockets.close();
      },
    });
  }

  /** Asks for the permission to reach the server, so that a refusal names the flag. */
  async askForNetwork(): Promise<void> {
    const url = URL.parse(this.#url);
    // Of several servers, each is asked for when it is connected to.
    if (!url?.host) return;
    const host = url.port === "" ? `${url.hostname}:${defaultPort}` : url.host;
    const { state } = await Deno.permissions.request({ name: "net", host });
    if (state === "granted") return;
    throw new StoreError(
      "denied",
      `Cannot open database ${this.name}: Deno was not given the permission; grant --allow-net=${host}`,
    );
  }

  /** What the server is told at the start of a connection. */
  #settings(): Record<string, string | number> {
    const { statementTimeout, lockTimeout, durability } = this.#options;
    return {
      statement_timeout: statementTimeout,
      lock_timeout: lockTimeout,
      idle_in_transaction_session_timeout: statementTimeout,
      // What holds under a lock is looked at behind it.
      default_transaction_isolation: "read committed",
      // Whatever is read has an index: see the functions that hosts call, which say the same.
      enable_seqscan: "off",
      jit: "off",
      ...(durability === "process" && { synchronous_commit: "off" }),
    };
  }
}

/**
 * The server and database of a URL, for people: without the password.
 *
 * @throws {StoreError} where it is no URL of a PostgreSQL server
 */
export function nameOf(text: string): string {
  const url = URL.parse(text.replace(/,[^/?]*/, ""));
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new StoreError(
      "unsupported",
      `Cannot open a PostgreSQL store: the URL must be like postgres://user@host:5432/database, received one ${
        url ? `of ${url.protocol}` : "that cannot be read"
      }; write @ : / % of a user or password as %40 %3A %2F %25`,
    );
  }
  return `${url.host}${url.pathname}`;
}
