import type { JsonObject, JsonValue } from "../src/definition/json.ts";
import { defaultPayloadLimits } from "../src/definition/payload_limits.ts";
import type { LogStream, StepContext } from "../src/definition/step_context.ts";

/** A context for a test of an executor, and what the executor did with it. */
export interface FakeStepContext {
  /** What the executor gets. */
  readonly ctx: StepContext;
  /** Aborts its signal. */
  readonly abort: (reason: unknown) => void;
  /** What was logged. */
  readonly lines: (readonly [LogStream, string])[];
  /** What it said of how far it is. */
  readonly notes: string[];
  /** What was set. */
  readonly set: JsonObject[];
  /** What was held. */
  readonly held: JsonValue[];
}

/** Makes a context of a step with `config`. */
export function fakeStepContext(
  type: string,
  config: JsonObject,
  given: {
    readonly data?: JsonObject;
    readonly vars?: JsonObject;
    readonly held?: JsonValue;
    readonly signal?: AbortSignal;
    readonly traceparent?: string;
    readonly onHold?: (value: JsonValue) => void;
    readonly onLine?: (stream: LogStream, line: string) => void;
  } = {},
): FakeStepContext {
  const controller = new AbortController();
  const lines: (readonly [LogStream, string])[] = [];
  const notes: string[] = [];
  const set: JsonObject[] = [];
  const held: JsonValue[] = [];
  const write = given.onLine ?? ((stream: LogStream, line: string) => void lines.push([stream, line]));
  const at = (stream: LogStream) => (message: string) => write(stream, message);
  const ctx: StepContext = {
    workflow: { id: "run-1", definitionId: "test", version: 1, attempt: 1 },
    step: { key: "step", name: "The step", type, config },
    data: given.data ?? {},
    vars: given.vars ?? {},
    limits: defaultPayloadLimits,
    item: null,
    input: null,
    state: undefined,
    event: undefined,
    branches: undefined,
    undoing: undefined,
    attempt: 2,
    idempotencyKey: "run-1/7",
    signal: given.signal ?? controller.signal,
    traceparent: given.traceparent,
    logger: {
      write,
      room: () => Promise.resolve(),
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    },
    setStatus: (note) => void notes.push(note),
    set: (patch) => void set.push(patch as JsonObject),
    setAttributes: () => {},
    update: () => {},
    output: () => Promise.resolve(undefined),
    publish: () => {},
    held: given.held,
    hold: (value) => {
      held.push(value);
      given.onHold?.(value);
      return Promise.resolve();
    },
    lock: (name) => Promise.resolve({ name, fence: 1, signal: controller.signal }),
  };
  return { ctx, abort: (reason) => controller.abort(reason), lines, notes, set, held };
}
