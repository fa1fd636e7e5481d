import { parsed, type Transport } from "./transport.ts";

/** Where a server is, and how to reach it. */
export interface FetchParts {
  /** Its URL, without user, password, query and a slash at the end. */
  readonly server: string;
  /** What the header `Authorization` says, or null. */
  readonly authorization: string | null;
  /** What sends requests. */
  readonly fetch: typeof fetch;
}

/** Brings requests to a server by `fetch`. */
export function fetchTransport({ server, authorization, fetch }: FetchParts): Transport {
  return {
    server,
    async send({ method, path, body }, timeout, closing) {
      const isLines = typeof body === "string";
      const response = await fetch(`${server}/${path}`, {
        method,
        redirect: "error",
        signal: AbortSignal.any([closing, AbortSignal.timeout(timeout)]),
        headers: {
          ...authorization && { authorization },
          ...body !== undefined && { "content-type": isLines ? "application/x-ndjson" : "application/json" },
        },
        ...body !== undefined && { body: isLines ? body : JSON.stringify(body) },
      });
      return { status: response.status, body: parsed(await response.text()) };
    },
  };
}
