import { sha256 } from "../../definition/hash.ts";
import type { SpanContext } from "./open_telemetry.ts";

const pattern = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Writes a span's identity as a W3C `traceparent`. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Reads a W3C `traceparent`; null where it is none. */
export function parseTraceparent(text: string): SpanContext | null {
  const [, traceId, spanId, flags] = pattern.exec(text) ?? [];
  return flags === undefined ? null : { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags, 16) };
}

/**
 * What the spans of a run are children of. A run that was started without telemetry gets an identity made of its id,
 * the same on every host; the span itself is missing then.
 */
export function parentOfSpans(
  run: { readonly id: string; readonly traceparent: string | null },
): SpanContext {
  const stored = run.traceparent === null ? null : parseTraceparent(run.traceparent);
  if (stored) return stored;
  const digits = sha256(run.id);
  return { traceId: digits.slice(0, 32), spanId: digits.slice(32, 48), traceFlags: 1 };
}
