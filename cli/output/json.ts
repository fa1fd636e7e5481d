import type { LogLine } from "../../src/provider/persistence.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { StepFailure } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Sink } from "../io.ts";

/** Writes a value as one line of JSON. */
export function writeJson(sink: Sink, value: object): void {
  sink.write(`${JSON.stringify(value)}\n`);
}

/** A time as text in ISO 8601, or null. */
export function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** Events that are about an error; others may carry an earlier one. */
const tellsError: ReadonlySet<string> = new Set(["StepFailed", "StepRetrying"]);

/** What happened to a run, or to the step of it that is called `step`, as JSON output has it. */
export function eventRecord(event: LifecycleEvent, step: string): object {
  const at = isoTime(event.at);
  if (!("pointerId" in event)) return { ...event, at };
  const { stepKey: _, startedAt, dueAt, error, ...rest } = event;
  return {
    ...rest,
    step,
    at,
    startedAt: isoTime(startedAt),
    dueAt: isoTime(dueAt),
    error: tellsError.has(event.type) ? errorRecord(error) : null,
  };
}

/** A line of a step's log as JSON output has it. */
export function logRecord({ runId, attempt, stream, text, at }: LogLine, step: string): object {
  return { type: "log", runId, step, attempt, stream, text, at: isoTime(at) };
}

/** What a step says of how far it is, as JSON output has it. */
export function noteRecord({ runId, attempt, text, at }: StepNote, step: string): object {
  return { type: "note", runId, step, attempt, text, at: isoTime(at) };
}

/** A step's error as JSON output has it. */
export interface ErrorRecord {
  /** Name of the error's class. */
  readonly type: string;
  /** Its message. */
  readonly message: string;
  /** Its literal `code`, if it has one. */
  readonly code: string | null;
}

/** What JSON output tells of a step's error. */
export function errorRecord(error: StepFailure | null): ErrorRecord | null {
  return error && { type: error.type, message: error.message, code: error.code };
}
