import { StoreError } from "../../src/provider/errors.ts";
import { tlsTroubles } from "../tls_troubles.ts";
import { type Trouble, troubleError } from "../trouble.ts";

/** No answer came in time. */
export class UnansweredError extends Error {
  /** Made where a reply is waited for. */
  constructor(milliseconds: number) {
    super(`no answer for ${milliseconds} ms`);
    this.name = "UnansweredError";
  }
}

/** Whatever a client throws that is no reply of the server. */
const broken: Trouble = {
  problem: "io",
  why: "the server cannot be reached, or the connection broke",
  remedy:
    "check host and port, that it runs, and whether it speaks TLS (rediss:) there; the connection is made anew by itself",
};
const unencrypted = tlsTroubles({
  ca: "ssl_ca_certs in the URL, or the option `tls`",
  cert: "ssl_certfile and ssl_keyfile in the URL, or the option `tls`",
  plain: "write redis: in the URL",
});
const denied: Trouble = {
  problem: "denied",
  why: "the server does not let this user in, or at these keys",
  remedy: "check user, password and ACLs; write @ : / % of a password in the URL as %40 %3A %2F %25",
};
const away: Trouble = {
  problem: "io",
  why: "the server takes no commands now",
  remedy: "a failover may be under way, or it loads its data; see its log",
};

/** By the first word of an error that the server replies. */
const troubles: Readonly<Record<string, Trouble>> = {
  NOAUTH: denied,
  WRONGPASS: denied,
  NOPERM: denied,
  OOM: {
    problem: "full",
    why: "the server has no memory left",
    remedy: "raise maxmemory, or see what fills it",
  },
  READONLY: away,
  LOADING: away,
  MASTERDOWN: away,
  CLUSTERDOWN: away,
  TRYAGAIN: away,
  NOREPLICAS: away,
  BUSY: { problem: "busy", why: "a script keeps the server busy", remedy: "see SCRIPT KILL" },
  MOVED: {
    problem: "unsupported",
    why: "the keys belong to another node of a cluster",
    remedy: "open the provider from a client that follows the cluster's redirections",
  },
  ASK: {
    problem: "unsupported",
    why: "the keys are on their way to another node of a cluster",
    remedy: "open the provider from a client that follows the cluster's redirections",
  },
  WRONGTYPE: {
    problem: "unsupported",
    why: "a key of that name is something else",
    remedy: "choose another prefix",
  },
};

/** The first word of an error that the server has replied; undefined where the error is of another origin. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z]{2,})(?: |$)/.exec(error.message)?.[1] : undefined;
}

/**
 * Turns what a client throws into a {@linkcode StoreError}.
 *
 * @param what completes "Cannot …"
 * @param name the server, for people
 */
export function toStoreError(error: unknown, what: string, name: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return troubleError(troubleOf(error), what, `Valkey ${name}`, cause);
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof Deno.errors.NotCapable) {
    return {
      problem: "denied",
      why: "Deno was not given the permission",
      remedy: "grant --allow-net for the server's host and port",
    };
  }
  const code = replyCode(error);
  if (code === undefined) return unencryptedBy(error) ?? broken;
  return troubles[code] ??
    { problem: "unsupported", why: "the server refuses it", remedy: "see the message" };
}

/** What is known of a connection that was not encrypted. */
function unencryptedBy(error: unknown): Trouble | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && Object.hasOwn(unencrypted, code) ? unencrypted[code] : undefined;
}

/** Whether a server may only be away, so that the same goes through once it is back. */
export function isAway({ retryable, cause }: StoreError): boolean {
  return retryable && !unencryptedBy(cause);
}
