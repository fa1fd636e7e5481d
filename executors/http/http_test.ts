import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { JsonObject } from "../../src/definition/json.ts";
import { compileTemplate } from "../../src/yaml/mod.ts";
import { type FakeStepContext, fakeStepContext } from "../../tests/fake_step_context.ts";
import { httpExecutor } from "../http.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A server that answers as it is told, and keeps what it was asked. */
class Server implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: (request: Request, count: number) => Response | Promise<Response>) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      this.received.push({ method, headers, path: pathname + search, body: await request.text() });
      return await answer(request, this.received.length);
    });
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get url(): string {
    return `http://${this.host}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function run(config: JsonObject, given: Parameters<typeof fakeStepContext>[2] = {}) {
  const fake: FakeStepContext = fakeStepContext("http", config, given);
  const { request } = await httpExecutor.run(fake.ctx);
  ok(request.kind === "next");
  return { output: request.output as JsonObject, ...fake };
}

Deno.test("a step gets a JSON value as its output, and as data under save_as", async () => {
  await using server = new Server(() =>
    Response.json({ degrees: 21 }, { headers: { etag: "x", "set-cookie": "a=b" } })
  );
  const { output, set, lines } = await run({ url: `${server.url}weather?key=abc`, save_as: "weather" });
  equal(output.status, 200);
  deepEqual(output.body, { degrees: 21 });
  const headers = output.headers as JsonObject;
  deepEqual([headers.etag, headers["set-cookie"]], ["x", undefined]);
  deepEqual(set, [{ weather: { degrees: 21 } }]);
  match(lines[0]![1], /^GET http:\/\/127\.0\.0\.1:\d+\/weather was answered with status 200/);
  ok(!lines.join().includes("abc"), "what stands behind ? may be a secret");
  equal(
    server.received[0]!.headers.get("idempotency-key"),
    null,
    "a request that changes nothing needs none",
  );
});

Deno.test("a step sends method, headers, JSON and the same key in every attempt", async () => {
  await using server = new Server(() => new Response(null, { status: 204 }));
  const json = { id: compileTemplate("${{ data.id }}"), note: compileTemplate("no. ${{ data.id }}") };
  const config = { url: server.url, method: "POST", headers: { "x-n": 5, accept: "text/plain" }, json };
  const { output } = await run(config, { data: { id: 7 } });
  equal(output.body, null);
  const [{ method, headers, body }] = server.received as [Received];
  deepEqual([method, JSON.parse(body)], ["POST", { id: 7, note: "no. 7" }]);
  const names = ["content-type", "accept", "x-n", "idempotency-key"];
  deepEqual(names.map((name) => headers.get(name)), ["application/json", "text/plain", "5", "run-1/7"]);
  await run({ ...config, idempotency_header: "X-Key" }, { data: { id: 7 } });
  await run({ url: server.url, method: "PUT", body: "text", idempotency_header: false });
  equal(server.received[1]!.headers.get("x-key"), "run-1/7");
  equal(server.received[2]!.headers.get("idempotency-key"), null);
  equal(server.received[2]!.body, "text");
});

Deno.test("a value cannot add a header or lead to another path", async () => {
  await using server = new Server(() => new Response());
  const url = compileTemplate(`${server.url}users/\${{ data.x }}`);
  await run({ url }, { data: { x: "../admin?a" } });
  equal(server.received[0]!.path, "/users/..%2Fadmin%3Fa");
  const headers = { "x-a": compileTemplate("${{ data.x }}") };
  await rejects(run({ url: server.url, headers }, { data: { x: "a\r\nx-b: c" } }), { code: "STEP_CONFIG" });
  await rejects(run({ url: compileTemplate("${{ data.x }}") }, { data: { x: "file:///etc/passwd" } }), {
    code: "STEP_CONFIG",
  });
  equal(server.received.length, 1);
});

Deno.test("a status that is not expected fails, and says whether another attempt may help", async () => {
  let status = 404;
  await using server = new Server(() => new Response("out\nof order", { status }));
  const fails = async (expected: boolean) =>
    await rejects(run({ url: server.url }), {
      name: "HttpStatusError",
      code: `HTTP_${status}`,
      status,
      retryable: expected,
    });
  await rejects(run({ url: server.url }), {
    message: /^GET http:\/\/\S+ was answered with status 404: out of order$/,
  });
  for (const final of [400, 401, 404, 409, 410]) await (status = final, fails(false));
  for (const passing of [408, 425, 429, 500, 502, 503]) await (status = passing, fails(true));
  status = 404;
  for (const expected_status of [404, [200, 404], "4xx"]) {
    equal((await run({ url: server.url, expected_status })).output.status, 404);
  }
  await rejects(run({ url: server.url, expected_status: 200 }), { code: "HTTP_404" });
});

Deno.test("Retry-After chooses the pause, where another attempt may help", async () => {
  let status = 503;
  await using server = new Server(() => new Response("", { status, headers: { "retry-after": "7" } }));
  await rejects(run({ url: server.url }), {
    name: "HttpRetryAfterError",
    code: "HTTP_503",
    status: 503,
    delay: 7000,
  });
  status = 404;
  await rejects(run({ url: server.url }), { name: "HttpStatusError" });
});

Deno.test("an answer is JSON where it says so or the step does, else text", async () => {
  let answer: () => Response = () =>
    new Response("5", { headers: { "content-type": "application/vnd.x+json; charset=utf-8" } });
  await using server = new Server(() => answer());
  const body = async (config: JsonObject = {}) => (await run({ url: server.url, ...config })).output.body;
  equal(await body(), 5);
  equal(await body({ response: "text" }), "5");
  answer = () => new Response("5");
  equal(await body(), "5");
  equal(await body({ response: "json" }), 5);
  answer = () => new Response("{", { headers: { "content-type": "application/json" } });
  await rejects(body(), { code: "HTTP_RESPONSE", retryable: false, message: /the answer is no JSON/ });
});

Deno.test("an answer that is too large is not read to its end", async () => {
  let sent = 0;
  let cancelled = false;
  const chunk = new Uint8Array(64 * 1024).fill(97);
  await using server = new Server(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => (sent += chunk.length, controller.enqueue(chunk)),
        cancel: () => void (cancelled = true),
      }),
    )
  );
  const config = { url: server.url, max_response: "100KB" };
  await rejects(run(config), { code: "HTTP_RESPONSE", retryable: false, message: /more than 102400 bytes/ });
  await server[Symbol.asyncDispose]();
  ok(cancelled && sent < 16 * 1024 ** 2, `${sent} bytes`);
});

Deno.test("an answer packed by gzip counts as it is unpacked", async () => {
  const packed = await new Response(
    new Blob([new Uint8Array(4 * 1024 ** 2)]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  await using server = new Server(() => new Response(packed, { headers: { "content-encoding": "gzip" } }));
  await rejects(run({ url: server.url, max_response: "1MB" }), { code: "HTTP_RESPONSE" });
});

Deno.test("a redirect is followed to the same host, with a limit", async () => {
  await using server = new Server((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/loop") return new Response(null, { status: 302, headers: { location: "/loop" } });
    if (pathname === "/end") return new Response("here");
    return new Response(null, { status: pathname === "/see" ? 303 : 307, headers: { location: "/end" } });
  });
  const config = { method: "POST", headers: { authorization: "a" }, body: "x" };
  equal((await run({ ...config, url: `${server.url}a` })).output.body, "here");
  const [, kept] = server.received;
  deepEqual([kept!.method, kept!.body, kept!.headers.get("authorization")], ["POST", "x", "a"]);
  await run({ ...config, url: `${server.url}see` });
  deepEqual([server.received[3]!.method, server.received[3]!.body], ["GET", ""]);
  await rejects(run({ url: `${server.url}loop` }), {
    code: "HTTP_REDIRECT",
    retryable: false,
    message: /more than 10/,
  });
  equal(server.received.filter(({ path }) => path === "/loop").length, 11);
  equal((await run({ url: `${server.url}loop`, expected_status: 302 })).output.status, 302);
});

Deno.test("a redirect to another host is followed where the step names it, without what is meant for the first", async () => {
  await using other = new Server(() => new Response("other"));
  await using server = new Server(() =>
    new Response(null, { status: 302, headers: { location: other.url } })
  );
  const config = { url: server.url, headers: { authorization: "a", "x-api-key": "b", accept: "text/plain" } };
  await rejects(run(config), {
    code: "HTTP_REDIRECT",
    message: new RegExp(`To allow it: redirects: \\["${other.host}"\\]`),
  });
  equal(other.received.length, 0);
  equal((await run({ ...config, redirects: [other.host] })).output.body, "other");
  equal(
    (await run({ ...config, redirects: ["127.0.0.1"] })).output.body,
    "other",
    "without a port, each port",
  );
  const { headers } = other.received[0]!;
  deepEqual(["authorization", "x-api-key", "accept"].map((name) => headers.get(name)), [
    null,
    null,
    "text/plain",
  ]);
});

Deno.test("a redirect to no web address is refused", async () => {
  for (const location of ["file:///etc/passwd", "data:,x", "http://"]) {
    await using server = new Server(() => new Response(null, { status: 302, headers: { location } }));
    await rejects(run({ url: server.url, redirects: ["etc"] }), { code: "HTTP_REDIRECT" });
  }
});

Deno.test("a request that is not answered in time fails, and may be made again", async () => {
  const end = Promise.withResolvers<Response>();
  await using server = new Server(() => end.promise);
  using _answer = { [Symbol.dispose]: () => end.resolve(new Response()) };
  await rejects(run({ url: server.url, timeout: "20ms" }), {
    name: "HttpRequestError",
    code: "HTTP_TIMEOUT",
    retryable: true,
    message: /there was no answer within 0.02 s$/,
  });
});

Deno.test("a request ends with the reason of the step's signal", async () => {
  const end = Promise.withResolvers<Response>();
  const stop = new AbortController();
  await using server = new Server(() => (stop.abort(new TypeError("stopped")), end.promise));
  using _answer = { [Symbol.dispose]: () => end.resolve(new Response()) };
  await rejects(run({ url: server.url }, { signal: stop.signal }), { name: "TypeError", message: "stopped" });
});

Deno.test("trouble in the network may pass", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await rejects(run({ url: `http://127.0.0.1:${port}/` }), { code: "HTTP_NETWORK", retryable: true });
});

Deno.test({
  name: "a host that the program may not reach is a failure for good, which names the flag",
  permissions: { net: ["127.0.0.1"] },
  fn: async () => {
    await using server = new Server(() =>
      new Response(null, { status: 302, headers: { location: "http://localhost:8099/" } })
    );
    const refused = { code: "HTTP_PERMISSION", retryable: false, message: /--allow-net/ };
    await rejects(run({ url: "http://localhost:8099/" }), refused);
    await rejects(run({ url: server.url, redirects: ["localhost"] }), refused);
  },
});
