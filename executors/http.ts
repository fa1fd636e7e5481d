/**
 * Steps that make an HTTP request.
 *
 * They need `--allow-net` of the hosts that they call and are redirected to, and nothing else.
 *
 * @module
 */
import type { JsonObject } from "../src/definition/json.ts";
import type { StepContext } from "../src/definition/step_context.ts";
import { type HttpConfig, httpStep } from "../src/yaml/step_types/http.ts";
import { defineExecutor, type Executor } from "./define_executor.ts";
import { HttpRequestError, HttpRetryAfterError, HttpStatusError, isPassing } from "./http/errors.ts";
import { follow } from "./http/follow.ts";
import { readBody, readExcerpt, readText } from "./http/response.ts";
import { retryAfter } from "./http/retry_after.ts";
import { renderUrl } from "./http/url.ts";

export type { Executor } from "./define_executor.ts";
export { type HttpProblem, HttpRequestError, HttpRetryAfterError, HttpStatusError } from "./http/errors.ts";
export type { HttpConfig, StatusClass } from "../src/yaml/step_types/http.ts";

/**
 * Runs steps of type `http`. The output of a step is `{ status, headers, body }`; with `save_as`, the body becomes
 * workflow data under that key.
 *
 * A step fails with {@linkcode HttpStatusError} or {@linkcode HttpRetryAfterError} where the status is not the expected
 * one, and with {@linkcode HttpRequestError} where there is no answer that can be used. Its error policy says whether
 * it is tried again: a policy of retries tries what another attempt may mend, after the pause that the server asks for.
 *
 * @example A step that asks a server, and tries again while that is out of order
 * ```ts
 * import { ErrorBehavior, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
 * import { httpExecutor } from "@wfe/engine/http";
 *
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () =>
 *   Response.json({ degrees: 21 }));
 * const definition = new WorkflowBuilder()
 *   .startWith({ type: "http", config: { url: `http://127.0.0.1:${server.addr.port}/`, save_as: "weather" } })
 *   .name("Ask").onError(ErrorBehavior.retry({ interval: "2s", backoff: 2 }))
 *   .build("weather", 1);
 *
 * await using host = new WorkflowHostBuilder().useExecutor(httpExecutor).build();
 * host.registerWorkflow(definition);
 * await host.start();
 * const run = await host.startWorkflow("weather");
 * console.log(await run.result()); // { weather: { degrees: 21 } }
 * ```
 */
export const httpExecutor: Executor<HttpConfig> = defineExecutor({
  type: "http",
  schema: httpStep.schema,
  // A value must not lead a request elsewhere.
  render: { url: renderUrl },
  run: async (config, ctx) => {
    const url = new URL(config.url);
    // Without the query, in which there may be a secret.
    const name = `${config.method} ${url.origin}${url.pathname}`;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), config.timeout);
    try {
      return await request(config, url, name, ctx, AbortSignal.any([ctx.signal, deadline.signal]));
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (deadline.signal.aborted) {
        throw new HttpRequestError("timeout", name, `there was no answer within ${config.timeout / 1000} s`);
      }
      throw explain(error, name);
    } finally {
      clearTimeout(timer);
    }
  },
});

async function request(
  config: HttpConfig,
  url: URL,
  name: string,
  ctx: StepContext,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { method, expected_status: expected, redirects: hosts } = config;
  const body = config.json === undefined ? config.body : JSON.stringify(config.json);
  const headers = headersOf(config, ctx.idempotencyKey);
  const isWanted = (status: number) => isExpected(status, expected);
  const response = await follow({ url, method, headers, body, signal, hosts, isWanted, name });
  const { status } = response;
  if (!isWanted(status)) throw statusError(name, response, await readExcerpt(response));
  const text = await readText(response, config.max_response, name);
  ctx.logger.info(`${name} was answered with status ${status} and ${text.length} characters`);
  const read = readBody(text, response.headers.get("content-type"), config.response, name);
  if (config.save_as !== undefined) ctx.set({ [config.save_as]: read });
  return { status, headers: headersToKeep(response.headers), body: read };
}

function headersOf({ method, headers: given, json, idempotency_header }: HttpConfig, key: string): Headers {
  const headers = new Headers({ accept: "application/json, */*;q=0.5" });
  if (json !== undefined) headers.set("content-type", "application/json");
  const changes = !["GET", "HEAD", "OPTIONS"].includes(method);
  const keyHeader = idempotency_header ?? (changes && "Idempotency-Key");
  if (keyHeader) headers.set(keyHeader, key);
  for (const [header, value] of Object.entries(given)) headers.set(header, value);
  return headers;
}

function isExpected(status: number, expected: HttpConfig["expected_status"]): boolean {
  if (typeof expected === "string") return Math.floor(status / 100) === Number(expected[0]);
  return [expected].flat().includes(status);
}

function statusError(name: string, { status, headers }: Response, text: string): Error {
  const delay = isPassing(status) ? retryAfter(headers, Date.now()) : undefined;
  return delay === undefined
    ? new HttpStatusError(name, status, text)
    : new HttpRetryAfterError(name, status, text, delay);
}

/** Cookies are somebody's rights: they are not recorded. */
function headersToKeep(headers: Headers): JsonObject {
  return Object.fromEntries([...headers].filter(([name]) => name !== "set-cookie"));
}

function explain(error: unknown, name: string): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    const why = `the program may not reach it: ${error.message}`;
    return new HttpRequestError("permission", name, why, { cause: error });
  }
  const isOfFetch = error instanceof TypeError || error instanceof Deno.errors.Http;
  return isOfFetch ? new HttpRequestError("network", name, error.message, { cause: error }) : error;
}
