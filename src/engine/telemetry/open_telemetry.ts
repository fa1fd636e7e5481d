/** What is said about a span or a measurement. Whole numbers are bigints: Deno exports a number as a double. */
export interface Attributes {
  readonly [key: string]: string | boolean | bigint;
}

/** What identifies a span to others. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Bit 0: sampled. */
  readonly traceFlags: number;
}

/** Something that takes time. */
export interface Span {
  /** What identifies it. */
  spanContext(): SpanContext;
  /** Adds attributes. */
  setAttributes(attributes: Attributes): unknown;
  /** Notes something that happened meanwhile. */
  addEvent(name: string, attributes: Attributes): unknown;
  /** Says how it went: code 2 is an error. */
  setStatus(status: { readonly code: number; readonly message: string }): unknown;
  /** Closes it, now or at a time in milliseconds since 1970. */
  end(time?: number): void;
}

/** What code carries along, over `await` too: the active span among others. */
export interface Context {
  /** A context that differs in one value. */
  setValue(key: symbol, value: unknown): Context;
}

/** Makes spans. */
export interface Tracer {
  /** Begins a span, as a child of the span in `context`, by default in the active one. */
  startSpan(
    name: string,
    options: {
      /** 0 internal, 3 producer, 4 consumer. */
      readonly kind?: number;
      readonly attributes?: Attributes;
      /** Milliseconds since 1970. */
      readonly startTime?: number;
    },
    context?: Context,
  ): Span;
}

/** Knows the active context. */
export interface ContextManager {
  /** The context of the code that asks. */
  active(): Context;
  /** Runs `action`, and all that it begins, inside of a context. */
  with<Result>(context: Context, action: () => Result): Result;
}

/** Sums up. */
export interface Counter {
  /** Adds to the sum. */
  add(value: number, attributes?: Attributes): void;
}

/** Counts measurements by size. */
export interface Histogram {
  /** Counts one. */
  record(value: number, attributes?: Attributes): void;
}

/** Makes instruments. Where metrics are off, theirs do nothing. */
export interface Meter {
  /** Makes a counter. */
  createCounter(name: string, options: { readonly unit: string; readonly description: string }): Counter;
  /** Makes a histogram. */
  createHistogram(
    name: string,
    options: {
      readonly unit: string;
      readonly description: string;
      /** Upper bounds of the classes of size. */
      readonly advice: { readonly explicitBucketBoundaries: number[] };
    },
  ): Histogram;
}

/** Where spans are made. */
export interface Tracing {
  /** Makes them. */
  readonly tracer: Tracer;
  /** Makes them active. */
  readonly contexts: ContextManager;
}

/** OpenTelemetry as far as the engine uses it. */
export interface OpenTelemetry {
  /** Null where tracing is off. */
  readonly tracing: Tracing | null;
  /** Makes instruments. */
  readonly meter: Meter;
}

/** Under this key a context holds its span. The same for every implementation of OpenTelemetry for JavaScript. */
export const spanKey: symbol = Symbol.for("OpenTelemetry Context Key SPAN");

/** Where implementations of OpenTelemetry for JavaScript register themselves. */
export const registryKey: unique symbol = Symbol.for("opentelemetry.js.api.1");

/** What of the global scope tells of OpenTelemetry. */
export interface TelemetryScope {
  /** The runtime; older ones, and others, have no telemetry. */
  readonly Deno?: {
    readonly telemetry?: {
      readonly tracerProvider: { getTracer(name: string): Tracer };
      readonly meterProvider: { getMeter(name: string): Meter };
      readonly contextManager: ContextManager;
    };
  };
  /** What is switched on. */
  readonly [registryKey]?: { readonly trace?: unknown; readonly metrics?: unknown };
}

/**
 * The telemetry of this runtime; null where it has none, or where it is switched off.
 *
 * `Deno.telemetry` itself does not say whether it is on: it throws where all is off, and where tracing alone is off it
 * exports spans nevertheless. What is on, Deno registers for `npm:@opentelemetry/api`. Looking there needs no permission.
 */
export function findOpenTelemetry(scope: TelemetryScope): OpenTelemetry | null {
  const telemetry = scope.Deno?.telemetry;
  const registered = scope[registryKey];
  if (!telemetry || !registered) return null;
  const { tracerProvider, meterProvider, contextManager } = telemetry;
  const traces = registered.trace === tracerProvider;
  if (!traces && registered.metrics !== meterProvider) return null;
  return {
    tracing: traces ? { tracer: tracerProvider.getTracer("@wfe/engine"), contexts: contextManager } : null,
    meter: meterProvider.getMeter("@wfe/engine"),
  };
}
