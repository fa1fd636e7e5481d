import type { OpenSearchAnswer, OpenSearchClient } from "./client.ts";
import { type Answer, parsed, type Transport } from "./transport.ts";

/** Brings requests to a server by a client of the caller's, which may try each at several nodes. */
export function clientTransport({ transport }: OpenSearchClient): Transport {
  return {
    server: "the server of the caller's client",
    async send({ method, path, body }, timeout, closing) {
      const [place, querystring = ""] = path.split("?");
      const asked = transport.request({
        method,
        path: `/${place}`,
        querystring,
        ...typeof body === "string" ? { bulkBody: body } : body && { body: JSON.stringify(body) },
      }, { requestTimeout: timeout });
      // Where one node stays silent for all its time, there is as much for another one.
      const end = AbortSignal.any([closing, AbortSignal.timeout(2 * timeout)]);
      const ended = Promise.withResolvers<never>();
      const abort = (): void => {
        asked.abort?.();
        ended.reject(end.reason);
      };
      end.addEventListener("abort", abort, { once: true });
      try {
        return answerOf(await Promise.race([asked, ended.promise]));
      } catch (error) {
        return refusalOf(error);
      } finally {
        end.removeEventListener("abort", abort);
      }
    },
  };
}

function answerOf({ statusCode, body }: OpenSearchAnswer): Answer {
  return { status: statusCode ?? 0, body: typeof body === "string" ? parsed(body) : body ?? null };
}

/** The answer that a client throws; throws what else went wrong. */
function refusalOf(error: unknown): Answer {
  const { name, message, meta } = error as Error & { readonly meta?: OpenSearchAnswer };
  if (name === "ResponseError" && meta) return answerOf(meta);
  // JSON that is none.
  if (name === "DeserializationError") return { status: 0, body: null };
  // The client keeps of Deno's errors what they say.
  if (/^Requires net access/.test(message)) throw new Deno.errors.NotCapable(message);
  // Of the client's own errors only what they say goes on: they hold the request, with what it was signed with.
  throw meta === undefined ? error : Object.assign(new Error(message), { name });
}
