import { deepEqual, equal, match } from "node:assert/strict";
import type { Instance } from "../instance/instance.ts";
import { Telemetry } from "./telemetry.ts";
import { type Attributes, findOpenTelemetry, type Meter, registryKey } from "./telemetry/open_telemetry.ts";
import { formatTraceparent, parentOfSpans, parseTraceparent } from "./telemetry/traceparent.ts";

const identity = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
const text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A meter that notes what is measured. */
function noting(notes: [name: string, value: number, attributes: Attributes | undefined][]): Meter {
  const instrument = (name: string) => {
    const note = (value: number, attributes?: Attributes) => void notes.push([name, value, attributes]);
    return { add: note, record: note };
  };
  return { createCounter: instrument, createHistogram: instrument };
}

function runtime() {
  return {
    tracerProvider: { getTracer: () => ({ startSpan: () => null as never }) },
    meterProvider: { getMeter: () => noting([]) },
    contextManager: {
      active: () => null as never,
      with: <Result>(_: unknown, action: () => Result) => action(),
    },
  };
}

Deno.test("findOpenTelemetry() finds nothing where the runtime has none, or has it switched off", () => {
  equal(findOpenTelemetry({}), null);
  equal(findOpenTelemetry({ Deno: {} }), null);
  equal(findOpenTelemetry({ Deno: {}, [registryKey]: { trace: {}, metrics: {} } }), null);
  equal(findOpenTelemetry({ Deno: { telemetry: runtime() } }), null);
});

Deno.test("findOpenTelemetry() leaves alone what another implementation has registered", () => {
  equal(
    findOpenTelemetry({ Deno: { telemetry: runtime() }, [registryKey]: { trace: {}, metrics: {} } }),
    null,
  );
});

Deno.test("findOpenTelemetry() tells tracing and metrics apart", () => {
  const deno = runtime();
  const found = (registered: object) =>
    findOpenTelemetry({ Deno: { telemetry: deno }, [registryKey]: registered });
  equal(found({ metrics: deno.meterProvider })?.tracing, null);
  equal(found({ trace: deno.tracerProvider })?.tracing?.contexts, deno.contextManager);
});

Deno.test("parseTraceparent() reads what formatTraceparent() writes", () => {
  equal(formatTraceparent(identity), text);
  deepEqual(parseTraceparent(text), identity);
  equal(formatTraceparent({ ...identity, traceFlags: 0 }), text.replace(/1$/, "0"));
});

Deno.test("parseTraceparent() refuses what is none", () => {
  for (const wrong of ["", text.slice(1), `${text}0`, text.toUpperCase(), text.replace(/-b7.*-/, "-")]) {
    equal(parseTraceparent(wrong), null, wrong);
  }
  equal(parseTraceparent(`00-${"0".repeat(32)}-b7ad6b7169203331-01`), null);
  equal(parseTraceparent(`00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`), null);
});

Deno.test("parentOfSpans() is what is stored, or else made of the run's id", () => {
  deepEqual(parentOfSpans({ id: "a", traceparent: text }), identity);
  const made = parentOfSpans({ id: "a", traceparent: null });
  match(formatTraceparent(made), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  deepEqual(parentOfSpans({ id: "a", traceparent: "broken" }), made);
});

Deno.test("Telemetry.claimed() measures from when the run was due, in seconds", () => {
  const notes: Parameters<typeof noting>[0] = [];
  const told = new Telemetry({ tracing: null, meter: noting(notes) });
  const run = { definitionId: "order", sequence: 7, nextWake: 1_000, createdAt: 100 } as Instance;
  told.claimed(run, 3_500);
  told.claimed({ ...run, nextWake: 4_000 }, 3_500); // The store's clock was set back.
  told.claimed({ ...run, nextWake: 0, sequence: 1 }, 3_500);
  told.claimed({ ...run, nextWake: 0 }, 3_500);
  const attributes = { "wfe.workflow.definition.id": "order" };
  deepEqual(notes, [2.5, 0, 3.4].map((lag) => ["wfe.queue.lag", lag, attributes]));
});
