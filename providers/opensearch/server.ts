import { StoreError } from "../../src/provider/errors.ts";
import { requestError, type ServerError } from "./errors.ts";
import type { Settings } from "./options.ts";

/** What a server answers. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** Its JSON; null where it has none. */
  // deno-lint-ignore no-explicit-any -- each request knows what it is answered
  readonly body: any;
}

/** Requests to a server, each bounded in time. */
export class Server {
  readonly #settings: Settings;
  readonly #closing = new AbortController();

  constructor(settings: Settings) {
    this.#settings = settings;
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
    const { server, authorization, requestTimeout, fetch } = this.#settings;
    const isLines = typeof body === "string";
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(requestTimeout)]);
    try {
      const response = await fetch(`${server}/${path}`, {
        method,
        redirect: "error",
        signal,
        headers: {
          ...authorization && { authorization },
          ...body !== undefined && { "content-type": isLines ? "application/x-ndjson" : "application/json" },
        },
        ...body !== undefined && { body: isLines ? body : JSON.stringify(body) },
      });
      const answer = { status: response.status, body: parsed(await response.text()) };
      if (answer.body !== null || !response.ok) return answer;
      throw new StoreError("io", `Cannot ${what}: ${server} answers, but not as OpenSearch does`);
    } catch (error) {
      if (this.#closing.signal.aborted) throw closedError(what);
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What stands before the server answers as it likes.
    return null;
  }
}

function closedError(what: string): StoreError {
  return new StoreError("closed", `Cannot ${what}: the search index is closed`);
}
