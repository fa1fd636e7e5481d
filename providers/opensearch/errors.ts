import { StoreError, type StoreProblem } from "../../src/provider/errors.ts";

/** What a server says is wrong. */
export interface ServerError {
  /** Class of the error, in its own words. */
  readonly type?: string;
  /** For people. */
  readonly reason?: string;
  /** The same of what lies behind it. */
  readonly root_cause?: readonly Omit<ServerError, "root_cause">[];
}

/** What kind of trouble an answer tells of. */
export function problemOf(status: number, { type }: ServerError): StoreProblem {
  // A disk that is nearly full: the server takes nothing until there is room again.
  if (type === "cluster_block_exception") return "full";
  if (status === 429) return "busy";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "missing";
  return status >= 500 ? "io" : "unsupported";
}

/** The error of an answer. */
export function answerError(what: string, status: number, error: ServerError): StoreError {
  const { type, reason } = error.root_cause?.[0] ?? error;
  const why = [type, reason].filter(Boolean).join(": ").slice(0, 1_000);
  return new StoreError(problemOf(status, error), `Cannot ${what}: ${why || `HTTP ${status}`}`);
}

/** The error of a request that has no answer. */
export function requestError(what: string, server: string, thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const options = { cause: thrown };
  if (thrown instanceof Deno.errors.NotCapable) {
    return new StoreError("denied", `Cannot ${what}: Deno was not given --allow-net for ${server}`, options);
  }
  const message = reasonOf(thrown as Error);
  const [, why] = /invalid peer certificate: (.*)/s.exec(message) ?? [];
  if (why === undefined) {
    return new StoreError("io", `Cannot ${what}: ${server} does not answer: ${message}`, options);
  }
  const remedy = "name its authority by Deno's --cert, or DENO_CERT, or renew it";
  return new StoreError(
    "io",
    `Cannot ${what}: the certificate of ${server} is not trusted: ${why}; ${remedy}`,
    options,
  );
}

/** What lies at the bottom of an error: `fetch` says no more than that it failed. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? reasonOf(cause) : message;
}
