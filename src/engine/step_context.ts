import {
  type Attributes,
  type AttributeValue,
  changeAttributes,
  noAttributes,
} from "../definition/attributes.ts";
import { frozenJson } from "../definition/canonical_json.ts";
import type { StepDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { Lock, LockOptions } from "../definition/lock.ts";
import type { PayloadLimits } from "../definition/payload_limits.ts";
import type { Secrets } from "../definition/secrets.ts";
import type {
  LogStream,
  PublishOptions,
  ReceivedEvent,
  StepContext,
  StepLogger,
  UndoneActivation,
  WorkflowInfo,
} from "../definition/step_context.ts";
import { storableText } from "../definition/storable_text.ts";
import type { Instance, Pointer } from "../instance/instance.ts";
import type { NewEvent } from "../instance/transition.ts";
import { newEvent } from "./new_event.ts";
import { refuseSecrets } from "./refuse_secrets.ts";

/** What the engine gives to make a context. */
export interface ContextParts {
  /** The run as it is when the attempt begins. */
  readonly instance: Instance;
  /** The activation. */
  readonly pointer: Pointer;
  /** The activation that this one undoes. */
  readonly undone: Pointer | undefined;
  /** Its step. */
  readonly step: StepDefinition;
  /** How large may be what it keeps. */
  readonly limits: PayloadLimits;
  /** The secrets of the run, once they are known. */
  readonly secrets?: () => Secrets | undefined;
  /** The span of the attempt, where there are spans. */
  readonly traceparent?: () => string | undefined;
  /** Makes the signal that aborts the attempt. */
  readonly signal: () => AbortSignal;
  /** Takes a line of the step's log. */
  readonly log: (stream: LogStream, line: string) => void;
  /** Resolves when the log has room for more lines, or the signal aborts. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** Takes what the attempt says of how far it is. */
  readonly note: (text: string) => void;
  /** Records what the attempt holds. */
  readonly hold: (value: JsonValue) => Promise<void>;
  /** Takes a lock for the attempt. */
  readonly lock: (name: string, options: LockOptions & { readonly signal: AbortSignal }) => Promise<Lock>;
  /** Reads the recorded output of an earlier step. */
  readonly output: (step: string) => Promise<JsonValue | undefined>;
}

/** Most characters of a progress note. */
const longestNote = 1_000;

/** The context of one attempt; it also collects how the attempt wants to change the data, and what it publishes. */
export class AttemptContext implements StepContext {
  readonly step: StepDefinition;
  /** What it has published so far. */
  readonly published: NewEvent[] = [];
  readonly #parts: ContextParts;
  readonly #changes: ((data: JsonObject) => JsonObject)[] = [];
  #attributes: Record<string, AttributeValue | null> | null = null;
  #workflow: WorkflowInfo | null = null;
  #logger: StepLogger | null = null;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.step = parts.step;
  }

  get workflow(): WorkflowInfo {
    const { id, definitionId, version, attempt } = this.#parts.instance;
    return this.#workflow ??= Object.freeze({ id, definitionId, version, attempt });
  }

  get data(): JsonObject {
    return this.#parts.instance.data;
  }

  get vars(): JsonObject {
    return this.#parts.instance.vars;
  }

  get secrets(): Secrets | undefined {
    return this.#parts.secrets?.();
  }

  get limits(): PayloadLimits {
    return this.#parts.limits;
  }

  get item(): JsonValue {
    return this.#parts.pointer.item;
  }

  get input(): JsonValue {
    return this.#parts.pointer.input;
  }

  get state(): JsonValue | undefined {
    return this.#parts.pointer.state ?? undefined;
  }

  get event(): ReceivedEvent | undefined {
    return this.#parts.pointer.event ?? undefined;
  }

  get branches(): readonly JsonValue[] | undefined {
    return this.#parts.pointer.join?.results;
  }

  get undoing(): UndoneActivation | undefined {
    const { undone } = this.#parts;
    return undone && { input: undone.input, output: undone.output, error: undone.error };
  }

  get attempt(): number {
    return this.#parts.pointer.attempt;
  }

  get idempotencyKey(): string {
    const { instance, pointer } = this.#parts;
    return pointer.undoes === null ? `${instance.id}/${pointer.id}` : `${instance.id}/${pointer.undoes}/undo`;
  }

  get traceparent(): string | undefined {
    return this.#parts.traceparent?.();
  }

  get signal(): AbortSignal {
    return this.#parts.signal();
  }

  get logger(): StepLogger {
    const { log, room, signal } = this.#parts;
    return this.#logger ??= makeLogger(log, () => room(signal()));
  }

  get held(): JsonValue | undefined {
    return this.#parts.pointer.held ?? undefined;
  }

  setStatus(note: string): void {
    if (typeof note !== "string") {
      throw new TypeError(`Cannot set the status of the step: text is needed, received ${typeof note}`);
    }
    this.#parts.note(storableText(note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note));
  }

  set(patch: JsonObject): void {
    if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
      throw new TypeError(
        `Cannot set data: an object with the keys to replace is needed, received ${typeof patch}`,
      );
    }
    const kept = this.keep(patch, "data", this.#parts.limits.data);
    const deleted = Object.keys(patch).filter((key) => patch[key] === undefined);
    this.#changes.push((data) => {
      const changed: Record<string, JsonValue | undefined> = { ...data, ...kept };
      for (const key of deleted) delete changed[key];
      return changed;
    });
  }

  update(key: string, fn: (value: never) => JsonValue): void {
    const { data: limit } = this.#parts.limits;
    this.#changes.push((data) => ({
      ...data,
      [key]: this.keep(fn(data[key] as never), `data.${key}`, limit),
    }));
  }

  setAttributes(attributes: Readonly<Record<string, AttributeValue | null>>): void {
    const checked = changeAttributes(noAttributes, attributes);
    if (this.secrets) refuseSecrets(checked, "attributes", this.secrets);
    const taken = Object.keys(attributes).filter((name) => !Object.hasOwn(checked, name));
    this.#attributes = {
      ...this.#attributes,
      ...checked,
      ...Object.fromEntries(taken.map((name) => [name, null])),
    };
  }

  /** How the attempt changes the attributes; null for not at all. */
  get changeAttributes(): ((attributes: Attributes) => Attributes) | null {
    const change = this.#attributes;
    return change && ((attributes) => changeAttributes(attributes, change));
  }

  output(step: string): Promise<JsonValue | undefined> {
    return this.#parts.output(step);
  }

  publish(name: string, key: string, data?: JsonValue, options: PublishOptions = {}): void {
    const event = newEvent(name, key, data, options, this.#parts.limits.data);
    if (this.secrets) refuseSecrets({ ...event }, "event", this.secrets);
    this.published.push(event);
  }

  hold(value: JsonValue): Promise<void> {
    return this.#parts.hold(this.keep(value, "held", this.#parts.limits.output));
  }

  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.signal]) : this.signal;
    return this.#parts.lock(name, { ...options, signal });
  }

  /**
   * A value as it will be kept; `what` names it for people, `limit` is how many bytes it may have.
   *
   * @throws {SecretExposedError} where it holds a secret
   */
  keep<Value extends JsonValue>(value: Value, what: string, limit: number): Value {
    const kept = frozenJson(value, what, limit);
    if (this.secrets) refuseSecrets(kept, what, this.secrets);
    return kept;
  }

  /** Applies what the attempt asked for to the newest data. Throws where the result cannot be kept. */
  changeData(data: JsonObject): JsonObject {
    if (this.#changes.length === 0) return data;
    const { data: limit } = this.#parts.limits;
    return frozenJson(this.#changes.reduce((changed, change) => change(changed), data), "data", limit);
  }
}

function makeLogger(write: (stream: LogStream, line: string) => void, room: () => Promise<void>): StepLogger {
  const at = (stream: LogStream) => (message: string) =>
    message.split("\n").forEach((line) => write(stream, line));
  return Object.freeze({
    write,
    room,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  });
}
