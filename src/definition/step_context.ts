import type { AttributeValue } from "./attributes.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { StepDefinition } from "./definition.ts";
import type { Lock, LockOptions } from "./lock.ts";
import type { PayloadLimits } from "./payload_limits.ts";
import type { Secrets } from "./secrets.ts";

/** What a step body sees and may do. One context belongs to one attempt of one activation. */
export interface StepContext<Data = JsonObject> {
  /** The run this step belongs to. */
  readonly workflow: WorkflowInfo;
  /** The step as the definition describes it. */
  readonly step: StepDefinition;
  /** The workflow's data as it was when this attempt began: frozen, so change it with {@linkcode set}. */
  readonly data: Readonly<Data>;
  /** The run's variables, given when it was started. */
  readonly vars: JsonObject;
  /**
   * The secrets that the workflow names, as this process knows them; `undefined` where it names none. They are masked in
   * what the step logs, notes and throws, and what it wants to have kept is refused where it holds one.
   */
  readonly secrets?: Secrets | undefined;
  /** How large may be what the host keeps of the step. */
  readonly limits: PayloadLimits;
  /** The value of the branch that the step is in: the item of the nearest `forEach`, else null. */
  readonly item: JsonValue;
  /** What the step's `.input(…)` made of the data when the activation began, else null. */
  readonly input: JsonValue;
  /** What the body kept when it asked to be entered again, else `undefined`. */
  readonly state: JsonValue | undefined;
  /** The event that the body asked for by {@linkcode ExecutionResult.waitForEvent}, else `undefined`. */
  readonly event: ReceivedEvent | undefined;
  /** Results of the branches that the body asked for by {@linkcode ExecutionResult.branch}, else `undefined`. */
  readonly branches: readonly JsonValue[] | undefined;
  /** In an undo: the activation to be undone, else `undefined`. */
  readonly undoing: UndoneActivation | undefined;
  /** How often this activation has been started, counted from 1. An interruption counts here, not as a retry. */
  readonly attempt: number;
  /** The same for every attempt of this activation, also after a crash; another for another activation. */
  readonly idempotencyKey: string;
  /**
   * The span of this attempt as a W3C `traceparent`, to be handed to what the step starts outside of this process;
   * `undefined` where tracing is off.
   */
  readonly traceparent?: string | undefined;
  /** Aborted on timeout, cancel, terminate, lease loss and shutdown; its `reason` says which. */
  readonly signal: AbortSignal;
  /** What the step prints: stored line by line, and shown while it runs. */
  readonly logger: StepLogger;
  /**
   * Shows how far the step is: a note of at most 1,000 characters, the rest is cut. Whoever looks at the run sees the
   * last note that one of its steps has set, until that step ends or begins another attempt. It is stored once a second
   * at most, and not at all when the step ends sooner: set it as often as you like.
   */
  setStatus(note: string): void;
  /** Replaces top-level keys of the data when the step succeeds; `undefined` deletes a key. */
  set(patch: { readonly [Key in keyof Data]?: Data[Key] | undefined }): void;
  /** Changes one key by a synchronous function of its newest value, when the step succeeds. */
  update<Key extends keyof Data & string>(key: Key, fn: (value: Data[Key]) => Data[Key]): void;
  /**
   * Changes what the run is found by (`host.search`) and shows it is about, when the step succeeds: the values of these
   * names are replaced, `null` takes one away.
   *
   * @throws {InvalidAttributesError} where a name is no identifier of at most 64 characters, a text has more than 1,024
   * bytes, or a list more than 32 texts; the step fails where the run would have more than 32
   */
  setAttributes(attributes: Readonly<Record<string, AttributeValue | null>>): void;
  /**
   * The recorded output of an earlier step: of its last activation in the same branch, else in one further out, else
   * anywhere in the run. `undefined` where there is none.
   *
   * @param step key of the step: its id, else its name
   */
  output(step: string): Promise<JsonValue | undefined>;
  /** Publishes an event when the step succeeds, together with its result. */
  publish(name: string, key: string, data?: JsonValue, options?: PublishOptions): void;
  /** What an earlier attempt of this activation held when it was interrupted, else `undefined`. */
  readonly held: JsonValue | undefined;
  /** Records durably what this attempt holds outside the engine (a process), so that a later one can end it. */
  hold(value: JsonValue): Promise<void>;
  /**
   * Takes a lock; waits until it is free. It is held until the step's result is recorded, which is refused where another
   * has had the lock since: then the step is run again. Who waits uses up a slot of the host, and its timeout; two steps
   * that take the same locks must take them in the same order. Asked for again, the same lock is given, for the longer of
   * the times asked for.
   *
   * @param name what is locked, on all hosts: 1 to 1,024 bytes in UTF-8
   * @throws {InvalidTextError} where the name is none
   * @throws {InvalidDurationError} where the ttl is shorter than a second
   * @throws {LockLostError} where this attempt has lost the lock
   * @throws {TooManyLocksError} where this attempt has 1,000 locks
   */
  lock(name: string, options?: LockOptions): Promise<Lock>;
}

/** What an undo sees of the activation that it takes back. */
export interface UndoneActivation {
  /** What its body got as `ctx.input`. */
  readonly input: JsonValue;
  /** What it produced; null where it did not succeed. */
  readonly output: JsonValue;
  /** Why it failed, where it did. */
  readonly error: ActivationError | null;
}

/** Why an activation failed. */
export interface ActivationError {
  /** Name of the error's class. */
  readonly type: string;
  /** Its message. */
  readonly message: string;
}

/** An event that came to a waiting step. */
export interface ReceivedEvent {
  /** What it is called. */
  readonly name: string;
  /** What it is about. */
  readonly key: string;
  /** What it says. */
  readonly data: JsonValue;
  /** When it happened, in milliseconds since 1970. */
  readonly time: number;
}

/** Options of publishing an event. */
export interface PublishOptions {
  /** The same id is one event, however often it is published. Kept as long as events are. */
  readonly messageId?: string;
  /**
   * When it happened.
   * @default the store's time of publishing
   */
  readonly time?: Date | number;
}

/** The run that a step belongs to. */
export interface WorkflowInfo {
  /** Id of the run. */
  readonly id: string;
  /** Id of its definition. */
  readonly definitionId: string;
  /** Version of its definition. */
  readonly version: number;
  /** 1, and one more after each `retryWorkflow`. */
  readonly attempt: number;
}

/** Where a line of a step's log came from: what a program printed, or a message at a level. */
export type LogStream = "stdout" | "stderr" | "debug" | "info" | "warn" | "error";

/** The log of one attempt. */
export interface StepLogger {
  /** One line of the step's own output, without its line feed. */
  write(stream: LogStream, line: string): void;
  /**
   * Resolves when there is room for more lines, or the signal aborts. What prints much awaits it now and then: of lines
   * that come much faster than the store takes them the log has the first, and how many bytes are missing.
   */
  room(): Promise<void>;
  /** A message at level `debug`. */
  debug(message: string): void;
  /** A message at level `info`. */
  info(message: string): void;
  /** A message at level `warn`. */
  warn(message: string): void;
  /** A message at level `error`. */
  error(message: string): void;
}
