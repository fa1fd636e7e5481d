import { StoreError } from "../../src/provider/errors.ts";
import type { BlockingClient, ConnectBlocking, ValkeyClient } from "./client.ts";
import { replyCode, toStoreError, UnansweredError } from "./errors.ts";
import type { Script } from "./script.ts";
import { within } from "./within.ts";

/** What a {@linkcode Connection} works with. */
export interface ConnectionParts {
  /** The server, for people. */
  readonly name: string;
  /** Makes a client. */
  readonly connect: () => Promise<ValkeyClient & Partial<BlockingClient>>;
  /** Makes one for commands that wait; null where there is no way. */
  readonly connectBlocking: ConnectBlocking | null;
  /** Milliseconds that a command may go without an answer. */
  readonly commandTimeout: number;
}

/**
 * A way to the server. A connection that broke, or from which no answer comes, is given up; the next command makes
 * another. All that is asked of the server may be asked again, so what meets a broken connection is tried once more.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  #client: Promise<ValkeyClient & Partial<BlockingClient>> | null = null;
  #closed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** The server, for people. */
  get name(): string {
    return this.#parts.name;
  }

  /** Makes a connection for commands that wait; null where there is no way. */
  get connectBlocking(): ConnectBlocking | null {
    return this.#parts.connectBlocking;
  }

  /**
   * Sends a command.
   *
   * @param what completes "Cannot …" in errors
   */
  async send(what: string, ...command: string[]): Promise<unknown> {
    const isFresh = this.#client === null;
    try {
      return await this.#sendOnce(command);
    } catch (error) {
      const mayPass = !isFresh && replyCode(error) === undefined && !(error instanceof UnansweredError);
      if (!mayPass) throw this.explain(error, what);
    }
    try {
      return await this.#sendOnce(command);
    } catch (error) {
      throw this.explain(error, what);
    }
  }

  /** Runs a script: by its hash, or where the server does not know it (any more) by its text. */
  async run(
    what: string,
    { text, hash }: Script,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.send(what, "EVALSHA", hash, ...rest);
    } catch (error) {
      if (replyCode((error as Error).cause) !== "NOSCRIPT") throw error;
      return await this.send(what, "EVAL", text, ...rest);
    }
  }

  /** A failure as a {@linkcode StoreError}. */
  explain(error: unknown, what: string): StoreError {
    return toStoreError(error, what, this.name);
  }

  /** Closes the connection, unless it is the caller's. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => null);
    client?.destroy?.();
  }

  async #sendOnce(command: string[]): Promise<unknown> {
    if (this.#closed) throw new StoreError("closed", `Cannot use Valkey ${this.name}: it is closed`);
    const connecting = this.#client ??= this.#parts.connect();
    try {
      const client = await connecting;
      return await within(client.sendCommand(command), this.#parts.commandTimeout);
    } catch (error) {
      if (replyCode(error) === undefined) this.#giveUp(connecting);
      throw error;
    }
  }

  /** What is under way on it rejects; the next command makes another. */
  #giveUp(connecting: Promise<Partial<BlockingClient>>): void {
    if (this.#client === connecting) this.#client = null;
    connecting.then((client) => client.destroy?.(), () => {});
  }
}
