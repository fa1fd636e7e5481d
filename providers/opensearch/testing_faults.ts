import { testUrl } from "./testing_opensearch.ts";

/** What stands in the way answers a request itself, or lets the server of the tests. */
export type Fault = (request: Request, body: string) => Response | Promise<Response> | null;

/** Stands between an index and the server of the tests, to fail as servers and what is before them do. */
export class FaultyServer implements AsyncDisposable {
  /** What is wrong; null for nothing. */
  fault: Fault | null = null;
  /** The requests that came, as `POST /name/_bulk`. */
  readonly requests: string[] = [];
  readonly #over = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #isEncrypted: boolean;

  /** `certificate` and its key, in PEM, make it speak TLS. */
  constructor(certificate?: { readonly cert: string; readonly key: string }) {
    this.#isEncrypted = certificate !== undefined;
    const listening = {
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#over.signal,
      onListen: () => {},
      ...certificate,
    };
    this.#server = Deno.serve(listening, (request) => this.#answer(request));
  }

  /** Where an index finds it. */
  get url(): string {
    return `http${this.#isEncrypted ? "s" : ""}://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#server.finished;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    this.requests.push(`${request.method} ${pathname}`);
    const body = await request.text();
    const own = await this.fault?.(request, body);
    if (own) return own;
    const { status, headers, ...answer } = await fetch(`${testUrl}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      ...body !== "" && { body },
    }).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    return new Response(answer.text, {
      status,
      headers: { "content-type": headers.get("content-type") ?? "text/plain" },
    });
  }
}

/** The answer to a bulk request, whose items are what is said of each id. */
export function bulkAnswer(body: string, statusOf: (id: string) => number): Response {
  const actions = body.split("\n").filter((line) => /^\{"(index|delete)":\{"_id"/.test(line));
  const items = actions.map((line) => {
    const [verb, { _id: id }] = Object.entries(JSON.parse(line))[0] as [string, { _id: string }];
    const status = statusOf(id);
    const error = { type: `error_${status}`, reason: "because" };
    return { [verb]: { _id: id, status, ...status >= 300 && { error } } };
  });
  return Response.json({ errors: true, items });
}
