/** A span as it arrived. */
export interface ReceivedSpan {
  readonly scope: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Id of the parent; empty for a root. */
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly status: { readonly code: number; readonly message: string };
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
}

/** The last state of a metric for one set of attributes. */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sum; of a histogram, the sum of what was measured. */
  readonly sum: number;
  /** How much was measured, of a histogram. */
  readonly count: number | null;
}

// What OTLP says in JSON, as far as it is read here.
type Wire = { readonly [key: string]: unknown };
type Value = { readonly [kind: string]: unknown };

/** Takes traces and metrics in, as an OpenTelemetry collector would; and answers what is asked of `/…` besides. */
export class OtlpReceiver implements AsyncDisposable {
  /** All spans so far. */
  readonly spans: ReceivedSpan[] = [];
  /** The `traceparent` of each request that was no telemetry, by path. */
  readonly requests: { readonly path: string; readonly traceparent: string | null }[] = [];
  readonly #points = new Map<string, ReceivedPoint>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #hanging = true;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** The metrics of the engine so far. */
  get points(): readonly ReceivedPoint[] {
    return [...this.#points.values()];
  }

  /** From now on `/hang` is answered. */
  answerAll(): void {
    this.#hanging = false;
  }

  /** The spans of the engine with a name. */
  named(name: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name && span.scope === "@wfe/engine");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.resolve();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname: path } = new URL(request.url);
    if (path === "/v1/traces") this.#takeSpans(await request.json());
    else if (path === "/v1/metrics") this.#takeMetrics(await request.json());
    else if (path.startsWith("/v1/")) await request.body?.cancel();
    else {
      this.requests.push({ path, traceparent: request.headers.get("traceparent") });
      if (path === "/hang" && this.#hanging) await this.#closed.promise;
    }
    return Response.json({});
  }

  #takeSpans(body: Wire): void {
    for (const { scopeSpans } of list(body["resourceSpans"])) {
      for (const { scope, spans } of list(scopeSpans)) {
        for (const span of list(spans)) {
          this.spans.push({
            ...(span as unknown as ReceivedSpan),
            scope: (scope as Wire)["name"] as string,
            attributes: readAttributes(span["attributes"]),
            events: list(span["events"]).map((event) => ({
              name: event["name"] as string,
              attributes: readAttributes(event["attributes"]),
            })),
            start: BigInt(span["startTimeUnixNano"] as string),
            end: BigInt(span["endTimeUnixNano"] as string),
          });
        }
      }
    }
  }

  #takeMetrics(body: Wire): void {
    for (const { scopeMetrics } of list(body["resourceMetrics"])) {
      for (const { scope, metrics } of list(scopeMetrics)) {
        if ((scope as Wire)["name"] !== "@wfe/engine") continue;
        for (const { name, unit, sum, histogram } of list(metrics)) {
          for (const point of list(((sum ?? histogram) as Wire)["dataPoints"])) {
            const attributes = readAttributes(point["attributes"]);
            const key = `${name} ${JSON.stringify(Object.entries(attributes).sort())}`;
            this.#points.set(key, {
              name: name as string,
              unit: unit as string,
              attributes,
              sum: Number(point["asDouble"] ?? point["sum"]),
              count: point["count"] === undefined ? null : Number(point["count"]),
            });
          }
        }
      }
    }
  }
}

function list(value: unknown): readonly Wire[] {
  return (value ?? []) as readonly Wire[];
}

/** Whole numbers become numbers: OTLP writes them as text. */
function readAttributes(value: unknown): Record<string, unknown> {
  return Object.fromEntries(
    list(value).map(({ key, value }) => {
      const { intValue, ...other } = value as Value;
      return [key, intValue === undefined ? Object.values(other)[0] : Number(intValue)];
    }),
  );
}
