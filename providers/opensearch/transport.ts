/** Brings requests to a server. */
export interface Transport {
  /** The server, for people. */
  readonly server: string;
  /**
   * Sends a request and reads the answer, whatever its status.
   *
   * @param timeout milliseconds
   * @param closing ends it
   * @throws where there is no answer
   */
  send(request: ServerRequest, timeout: number, closing: AbortSignal): Promise<Answer>;
}

/** What a server is asked. */
export interface ServerRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path, with its query, without a slash at its beginning. */
  readonly path: string;
  /** JSON, or lines of it. */
  readonly body?: object | string | undefined;
}

/** What a server answers. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** Its JSON; null where it has none. */
  // deno-lint-ignore no-explicit-any -- each request knows what it is answered
  readonly body: any;
}

/** The JSON of an answer; null where it has none: what stands before the server answers as it likes. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
