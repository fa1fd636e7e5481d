import { frozenJson } from "../definition/canonical_json.ts";
import type { StepDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { LogStream, StepContext, StepLogger, WorkflowInfo } from "../definition/step_context.ts";
import type { Instance, Pointer } from "../instance/instance.ts";

/** What the engine gives to make a context. */
export interface ContextParts {
  /** The run as it is when the attempt begins. */
  readonly instance: Instance;
  /** The activation. */
  readonly pointer: Pointer;
  /** Its step. */
  readonly step: StepDefinition;
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
  /** Takes a line of the step's log. */
  readonly log: (stream: LogStream, line: string) => void;
  /** Records what the attempt holds. */
  readonly hold: (value: JsonValue) => Promise<void>;
}

/** The context of one attempt; it also collects how the attempt wants to change the data. */
export class AttemptContext implements StepContext {
  readonly workflow: WorkflowInfo;
  readonly step: StepDefinition;
  readonly data: JsonObject;
  readonly vars: JsonObject;
  readonly state: JsonValue | undefined;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly logger: StepLogger;
  readonly held: JsonValue | undefined;
  readonly #hold: (value: JsonValue) => Promise<void>;
  readonly #changes: ((data: JsonObject) => JsonObject)[] = [];

  constructor({ instance, pointer, step, signal, log, hold }: ContextParts) {
    const { id, definitionId, version, attempt } = instance;
    this.workflow = Object.freeze({ id, definitionId, version, attempt });
    this.step = step;
    this.data = instance.data;
    this.vars = instance.vars;
    this.state = pointer.state ?? undefined;
    this.attempt = pointer.attempt;
    this.idempotencyKey = `${id}/${pointer.id}`;
    this.signal = signal;
    this.logger = makeLogger(log);
    this.held = pointer.held ?? undefined;
    this.#hold = hold;
  }

  set(patch: JsonObject): void {
    if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
      throw new TypeError(
        `Cannot set data: an object with the keys to replace is needed, received ${typeof patch}`,
      );
    }
    const kept = frozenJson(patch, "data");
    const deleted = Object.keys(patch).filter((key) => patch[key] === undefined);
    this.#changes.push((data) => {
      const changed: Record<string, JsonValue | undefined> = { ...data, ...kept };
      for (const key of deleted) delete changed[key];
      return changed;
    });
  }

  update(key: string, fn: (value: never) => JsonValue): void {
    this.#changes.push((data) => ({ ...data, [key]: frozenJson(fn(data[key] as never), `data.${key}`) }));
  }

  hold(value: JsonValue): Promise<void> {
    return this.#hold(frozenJson(value, "held"));
  }

  /** Applies what the attempt asked for to the newest data. Throws where the result cannot be kept. */
  changeData(data: JsonObject): JsonObject {
    if (this.#changes.length === 0) return data;
    return frozenJson(this.#changes.reduce((changed, change) => change(changed), data), "data");
  }
}

function makeLogger(write: (stream: LogStream, line: string) => void): StepLogger {
  const at = (stream: LogStream) => (message: string) =>
    message.split("\n").forEach((line) => write(stream, line));
  return Object.freeze({ write, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") });
}
