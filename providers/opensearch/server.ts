import { StoreError } from "../../src/provider/errors.ts";
import { requestError, type ServerError } from "./errors.ts";
import type { Answer, Transport } from "./transport.ts";

/** Requests to a server, each bounded in time. */
export class Server {
  readonly #transport: Transport;
  readonly #timeout: number;
  readonly #closing = new AbortController();

  /** `timeout` is the time that a request may take, in milliseconds. */
  constructor(transport: Transport, timeout: number) {
    this.#transport = transport;
    this.#timeout = timeout;
  }

  /** @throws {StoreError} when it is closed */
  refuseWhereClosed(what: string): void {
    if (this.#closing.signal.aborted) throw closedError(what);
  }

  /**
   * Sends a request and reads the answer, whatever its status.
   *
   * @param what completes "Cannot …" in errors
   * @param body JSON, or lines of it
   * @throws {StoreError} where there is no answer
   */
  async ask(what: string, method: string, path: string, body?: object | string): Promise<Answer> {
    this.refuseWhereClosed(what);
    const { signal } = this.#closing;
    const { server } = this.#transport;
    try {
      const answer = await this.#transport.send({ method, path, body }, this.#timeout, signal);
      if (answer.body !== null || answer.status >= 400) return answer;
      throw new StoreError("io", `Cannot ${what}: ${server} answers, but not as OpenSearch does`);
    } catch (error) {
      if (signal.aborted) throw closedError(what);
      throw requestError(what, server, error);
    }
  }

  /** Waits; no longer than until it is closed. */
  async pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    const end = () => resolve();
    this.#closing.signal.addEventListener("abort", end, { once: true });
    await promise;
    clearTimeout(timer);
    this.#closing.signal.removeEventListener("abort", end);
  }

  /** Ends what is under way, and refuses the rest. */
  close(): void {
    this.#closing.abort();
  }
}

/** What an answer says is wrong. */
export function errorOf({ body }: Answer): ServerError {
  const error = body?.error;
  return typeof error === "string" ? { reason: error } : error ?? {};
}

function closedError(what: string): StoreError {
  return new StoreError("closed", `Cannot ${what}: the search index is closed`);
}
