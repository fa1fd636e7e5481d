import { StoreError } from "../../src/provider/errors.ts";
import type { ConnectBlocking, ValkeyClient } from "./client.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { Keys } from "./keys.ts";
import { ValkeyLifecycle } from "./lifecycle.ts";
import { ValkeyLock } from "./lock.ts";
import { isAway } from "./errors.ts";
import { openClient } from "./open_client.ts";
import { type CompleteOptions, completeOptions, readTls, readUrl, type ValkeyOptions } from "./options.ts";
import { ValkeyQueue } from "./queue.ts";
import { within } from "./within.ts";

/** Options of `ValkeyProvider.from`. */
export interface ValkeyClientOptions extends Omit<ValkeyOptions, "connectTimeout" | "tls"> {
  /**
   * Makes another connection to the same server, for commands that wait. Without it nothing waits at the server: hints of
   * other processes are looked for every 15 seconds, and a lock that is taken is tried for again and again.
   */
  readonly connectBlocking?: ConnectBlocking;
}

/**
 * Locks, a queue of hints and a lifecycle feed in Valkey, or Redis. Runs are kept elsewhere: what is lost here costs time,
 * never a run.
 *
 * @example Usage
 * ```ts ignore
 * import { WorkflowHostBuilder } from "@wfe/engine";
 * import { PostgresProvider } from "@wfe/engine/postgres";
 * import { ValkeyProvider } from "@wfe/engine/valkey";
 *
 * await using store = await PostgresProvider.open("postgres://app@127.0.0.1:5432/app");
 * await using valkey = await ValkeyProvider.open("redis://127.0.0.1:6379");
 * await using host = new WorkflowHostBuilder().usePersistence(store)
 *   .useQueue(valkey.queue).useLock(valkey.lock).useLifecycle(valkey.lifecycle).build();
 * ```
 */
export class ValkeyProvider implements AsyncDisposable {
  /** Locks. */
  readonly lock: ValkeyLock;
  /** Hints that runs are due. */
  readonly queue: ValkeyQueue;
  /** The last lifecycle events. */
  readonly lifecycle: ValkeyLifecycle;
  readonly #connection: Connection;
  readonly #closed = new AbortController();

  private constructor(connection: Connection, { prefix, visibility, sink, keep }: CompleteOptions) {
    this.#connection = connection;
    const parts = { connection, keys: new Keys(prefix) };
    this.lock = new ValkeyLock(parts);
    this.queue = new ValkeyQueue({ ...parts, visibility, closed: this.#closed.signal });
    this.lifecycle = new ValkeyLifecycle({ ...parts, sink, keep });
  }

  /**
   * Connects to a server.
   *
   * @param url like `redis://user:password@host:6379/0?prefix=wfe`, or `rediss://host:6380?ssl_ca_certs=ca.pem` for TLS
   * @throws {StoreError} when it cannot be used: `problem` tells why, the message what helps
   */
  static async open(url: string | URL, { tls, ...options }: ValkeyOptions = {}): Promise<ValkeyProvider> {
    const read = readUrl(String(url));
    const { url: server, host, name, prefix } = read;
    const complete = completeOptions({ ...prefix !== null && { prefix }, ...options });
    const certificates = await readTls(read, tls);
    await askForNetwork(host, name);
    const { connectTimeout, commandTimeout } = complete;
    return await ValkeyProvider.#make(complete, {
      name,
      connect: async () => {
        const client = await openClient(server, connectTimeout, certificates);
        try {
          await refuseEviction(client, name, commandTimeout);
          return client;
        } catch (error) {
          client.destroy();
          throw error;
        }
      },
      connectBlocking: () => openClient(server, connectTimeout, certificates),
      commandTimeout,
    });
  }

  /**
   * Uses a client of the caller's, who closes it after the provider, and lets it connect anew.
   *
   * @throws {StoreError} when it cannot be used
   *
   * @example
   * ```ts ignore
   * import { createClient } from "npm:redis";
   * import { ValkeyProvider } from "@wfe/engine/valkey";
   *
   * const client = await createClient({ url: "redis://127.0.0.1:6379" }).connect();
   * await using valkey = await ValkeyProvider.from(client, {
   *   connectBlocking: () => client.duplicate().connect(),
   * });
   * ```
   */
  static async from(client: ValkeyClient, options: ValkeyClientOptions = {}): Promise<ValkeyProvider> {
    const { connectBlocking = null, ...more } = options;
    const complete = completeOptions(more);
    const name = "of the caller's client";
    const { commandTimeout } = complete;
    // It is the caller's to close.
    const kept = { sendCommand: (command: string[]) => client.sendCommand(command) };
    return await ValkeyProvider.#make(complete, {
      name,
      connect: async () => {
        await refuseEviction(kept, name, commandTimeout);
        return kept;
      },
      connectBlocking,
      commandTimeout,
    });
  }

  static async #make(options: CompleteOptions, parts: ConnectionParts): Promise<ValkeyProvider> {
    const connection = new Connection(parts);
    try {
      await connection.send("open", "PING");
    } catch (error) {
      if (options.required || !isAway(error as StoreError)) throw error;
    }
    return new ValkeyProvider(connection, options);
  }

  /** Ends what waits, and closes the connections, but for the caller's. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.lock.close();
    this.queue.close();
    await this.#connection.close();
  }
}

/** Asks for the permission to reach the server, so that a refusal names the flag. */
async function askForNetwork(host: string, name: string): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new StoreError(
    "denied",
    `Cannot open Valkey ${name}: Deno was not given the permission; grant --allow-net=${host}`,
  );
}

/** A server that throws keys away when memory is short would throw away locks and hints. */
async function refuseEviction(client: ValkeyClient, name: string, timeout: number): Promise<void> {
  const info = String(await within(client.sendCommand(["INFO", "memory"]), timeout));
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? "noeviction";
  if (policy === "noeviction") return;
  throw new StoreError(
    "unsupported",
    `Cannot use Valkey ${name}: its maxmemory-policy is ${policy}, so that it may throw away locks and hints; set it by CONFIG SET maxmemory-policy noeviction, and in its configuration`,
  );
}
