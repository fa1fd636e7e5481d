import { HttpRequestError } from "./errors.ts";
import { redirectRefusal } from "./redirect_target.ts";

/** A request that may be redirected. */
export interface FollowedRequest {
  /** Where it goes first. */
  readonly url: URL;
  /** How. */
  readonly method: string;
  /** Headers of the step; to another host go those only that say what the bodies are. */
  readonly headers: Headers;
  /** What is sent. */
  readonly body: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Hosts, beside that of the URL, to which it may be redirected: `host`, or `host:port`. */
  readonly hosts: readonly string[];
  /** Whether an answer of this status is what is wanted, be it a redirect. */
  readonly isWanted: (status: number) => boolean;
  /** Names the request for people. */
  readonly name: string;
}

const mostRedirects = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const harmlessHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "user-agent",
]);

/**
 * Makes a request, and follows redirects by hand: to the same host or one that the step names, never from https to http.
 *
 * @throws {HttpRequestError} where a redirect leads elsewhere, or there are more than 10
 */
export async function follow(request: FollowedRequest): Promise<Response> {
  const { signal, hosts, isWanted, name } = request;
  let { url, method, headers, body } = request;
  for (let count = 0;; count++) {
    const options = { method, headers, signal, redirect: "manual" } as const;
    const response = await fetch(url, body === undefined ? options : { ...options, body });
    const location = response.headers.get("location");
    if (isWanted(response.status) || location === null || !redirects.has(response.status)) return response;
    await response.body?.cancel();
    const refused = (why: string) => new HttpRequestError("redirect", name, why);
    if (count === mostRedirects) throw refused(`there are more than ${mostRedirects} redirects`);
    const next = URL.parse(location, url);
    if (next === null) throw refused("it is redirected to what is no URL");
    const why = redirectRefusal(next, url, [request.url.host, ...hosts]);
    if (why !== undefined) throw refused(why);
    if (response.status === 303 ? method !== "HEAD" : response.status < 303 && method === "POST") {
      method = "GET";
      body = undefined;
    }
    if (next.host !== url.host) {
      headers = new Headers([...headers].filter(([key]) => harmlessHeaders.has(key)));
    }
    url = next;
  }
}
