import type { StepCode } from "../definition/code.ts";
import { getCode } from "../definition/code.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { ControlIntent, Instance, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { LifecycleEvent, StepEvent } from "../instance/lifecycle_event.ts";
import { isBusy } from "../instance/status.ts";
import type { Advance, Moment, NewEvent, Transition } from "../instance/transition.ts";
import { claimInstance, releaseInstance } from "./claim.ts";
import { readMail, retryInstance, terminateInstance } from "./control.ts";
import { makeProgram, type Program } from "./program.ts";
import { settleFailure, settleStopped, settleSuccess } from "./settle.ts";
import { settleRequest } from "./settle_request.ts";
import { startInstance } from "./start.ts";
import { checkAdvance } from "./testing_rules.ts";
import { TestStore } from "./testing_store.ts";
import { wakeInstance } from "./wake.ts";

/** How a scene begins. */
export interface SceneOptions {
  /** First data. */
  readonly data?: JsonObject;
  /** Variables. */
  readonly vars?: JsonObject;
  /** Code instead of what is tied to the definition. */
  readonly code?: ReadonlyMap<string, StepCode>;
  /** False leaves the run to be claimed. */
  readonly owned?: boolean;
  /** Events that are there before the run. */
  readonly published?: readonly Partial<NewEvent>[];
  /** False skips the checks of every transition, where a run is long. */
  readonly checks?: boolean;
}

/**
 * Drives one run as a host would, without one: virtual time, bodies that are called one at a time, a store that keeps
 * only what transitions have written, and a host that can die at any moment.
 */
export class Scene {
  /** What the run is, with the code. */
  program: Program;
  /** The store. */
  readonly store: TestStore = new TestStore();
  /** Milliseconds of the store's clock. */
  now = 1_000;
  /** Drawn for jitter. */
  random = 0;
  /** Whether the host starts what is ready. */
  begin = true;
  /** As the host knows it. */
  state: InstanceState;
  /** What was told so far. */
  readonly told: LifecycleEvent[] = [];
  /** What was written so far. */
  readonly written: Transition[] = [];
  /** Ids of the running activations that have been told to stop. */
  readonly aborted: Set<number> = new Set();
  readonly #checks: boolean;
  #hosts = 1;

  constructor(definition: WorkflowDefinition, options: SceneOptions = {}) {
    const { data = {}, vars = {}, code = getCode(definition).steps, owned = true, checks = true } = options;
    this.#checks = checks;
    // A definition lives in the store: what holds it is what its JSON says.
    this.program = makeProgram(JSON.parse(JSON.stringify(definition)), code);
    for (const event of options.published ?? []) this.store.publish(fullEvent(event), this.now);
    const started = startInstance(
      {
        id: "run",
        definitionHash: "hash",
        data,
        inputHash: "input",
        vars,
        reference: null,
        idempotencyKey: null,
        owner: owned ? "host-1" : null,
      },
      this.program,
      this.moment,
    );
    this.state = started.state;
    this.apply(started);
  }

  /** When a transition is computed. */
  get moment(): Moment {
    return { now: this.now, random: this.random, begin: this.begin };
  }

  /** The header. */
  get run(): Instance {
    return this.state.instance;
  }

  /** What runs now, in the order of ids. */
  get busy(): Pointer[] {
    return [...this.state.pointers].filter(({ status }) => isBusy(status));
  }

  /** All rows kept of a step, in the order of ids. */
  rows(stepKey: string): Pointer[] {
    return [...this.store.rows.values()].filter((row) => row.stepKey === stepKey && row.undoes === null);
  }

  /** The last activation of a step. */
  row(stepKey: string): Pointer {
    const row = this.rows(stepKey).at(-1);
    if (!row) throw new Error(`There is no activation of ${stepKey}`);
    return row;
  }

  /** What was told of steps, as `type step`, without `Step`. */
  get history(): string[] {
    return this.told.filter((event): event is StepEvent => "stepKey" in event)
      .map(({ type, stepKey }) => `${type.slice(4)} ${stepKey}`);
  }

  /** Keys of the steps that something was told of, in order. */
  steps(type: StepEvent["type"]): string[] {
    return this.told.filter((event): event is StepEvent => event.type === type).map(({ stepKey }) => stepKey);
  }

  /** Writes a transition and goes on from it; null is nothing. */
  apply(advance: Advance | null): Advance | null {
    if (!advance) return null;
    const before = this.store.header ? this.store.read() : null;
    const { transition, state } = advance;
    this.store.write(transition, this.now);
    this.state = { ...state, instance: { ...state.instance, inboxSeq: this.store.header.inboxSeq } };
    this.told.push(...transition.events);
    this.written.push(transition);
    for (const id of transition.aborted) this.aborted.add(id);
    if (this.#checks) checkAdvance(before, advance, this.store);
    return advance;
  }

  /** A host takes the run. */
  claim(): void {
    this.aborted.clear();
    const owner = `host-${++this.#hosts}`;
    this.apply(claimInstance(this.store.read(), owner, this.program, this.moment));
  }

  /** The host dies and another takes the run up. */
  crash(): void {
    this.state = this.store.read();
    this.claim();
  }

  /** The host lets the run go. */
  release(): void {
    this.apply(releaseInstance(this.state, this.moment));
  }

  /** Puts a message into the mailbox and has it read. */
  send(kind: ControlIntent, reason: string | null = null): void {
    this.store.send(kind, reason);
    this.readMail();
  }

  /** Publishes an event; whoever owns the run reads its mail when it is stepped on. */
  publish(name: string, key: string, data: JsonValue = null, options: Partial<NewEvent> = {}): void {
    this.store.publish(fullEvent({ name, key, data, ...options }), this.now);
  }

  /** Reads the mail, after a claim if nobody owns the run. */
  readMail(): void {
    if (this.state.instance.owner === null) this.claim();
    const mail = this.store.mail(this.run.inboxRead);
    if (mail.length > 0 && this.run.owner !== null) {
      this.apply(readMail(this.state, this.program, mail, this.moment));
    }
  }

  /** Ends the run from outside. */
  terminate(reason: string | null = null): void {
    this.apply(terminateInstance(this.store.read(), this.program, reason, this.moment));
  }

  /** Opens the run again. */
  retry(): void {
    this.apply(retryInstance(this.store.read(), this.program, this.moment));
  }

  /** Calls the body of an activation that runs and settles it; a body that was told to stop is stopped. */
  settle(pointer: Pointer = this.busy[0]!): void {
    this.apply(this.aborted.has(pointer.id) ? this.stop(pointer) : this.call(pointer));
  }

  /** What a body makes of being cut short. */
  stop({ id }: Pointer): Advance | null {
    return settleStopped(this.state, this.program, id, this.moment);
  }

  /** Calls the body of an activation that runs, and computes what it makes of the run. */
  call(pointer: Pointer): Advance {
    const code = this.program.code(pointer.stepKey);
    const changes: ((data: JsonObject) => JsonObject)[] = [];
    const published: NewEvent[] = [];
    const context = contextOf(this.state, pointer, this.program, changes, published);
    let result: unknown;
    try {
      result = (pointer.undoes === null ? code.body! : code.undo!)(context);
      if (result instanceof Promise) throw new Error("the bodies of a scene are synchronous");
    } catch (thrown) {
      return settleFailure(this.state, this.program, pointer.id, thrown, this.moment);
    }
    const change = (data: JsonObject): JsonObject => changes.reduce((changed, apply) => apply(changed), data);
    return this.answer(pointer, result, { change, published });
  }

  /** An activation that runs returns something. */
  answer(
    { id }: Pointer,
    result: unknown,
    { change = (data: JsonObject) => data, published = [] as readonly NewEvent[] } = {},
  ): Advance {
    const request = result instanceof ExecutionResult
      ? result.request
      : { kind: "next" as const, output: (result ?? null) as JsonValue };
    const { state, program, moment } = this;
    switch (request.kind) {
      case "next":
        return settleSuccess(
          state,
          program,
          id,
          { output: request.output ?? null, change, published },
          moment,
        );
      case "outcome": {
        const { value } = request;
        return settleSuccess(
          state,
          program,
          id,
          { output: value, outcome: value, change, published },
          moment,
        );
      }
      default:
        return settleRequest(state, program, id, request, moment);
    }
  }

  /** An activation that runs throws. */
  fail(pointer: Pointer, thrown: unknown): void {
    this.apply(settleFailure(this.state, this.program, pointer.id, thrown, this.moment));
  }

  /** Does the next thing that a host would do without waiting; whether there was one. */
  step(): boolean {
    const { instance, pointers } = this.state;
    if (instance.owner === null) {
      const due = instance.nextWake !== null && instance.nextWake <= this.now;
      if (!due && !this.store.hasMail) return false;
      this.claim();
      return true;
    }
    if (this.store.hasMail) this.readMail();
    else if (pointers.pending > 0 && instance.status === "Runnable" && this.begin) {
      this.apply(wakeInstance(this.state, this.program, this.moment));
    } else if (pointers.busy > 0) this.settle();
    else this.release();
    return true;
  }

  /** Goes on until nothing is to be done at this time. */
  settleAll(most = 100_000): this {
    for (let steps = 0; this.step(); steps++) {
      if (steps > most) throw new Error(`the run goes on after ${most} steps`);
    }
    return this;
  }

  /** The next time at which something happens by itself. */
  get nextDue(): number | null {
    return this.run.status === "Runnable" && this.run.parkedReason === null
      ? this.state.pointers.earliestDue
      : null;
  }

  /** Lets time pass until the next timer, if there is one. */
  passTime(): boolean {
    const due = this.nextDue;
    if (due === null) return false;
    this.now = Math.max(due, this.now);
    if (this.run.owner !== null) this.apply(wakeInstance(this.state, this.program, this.moment));
    return true;
  }

  /** Goes on, and lets time pass, until nothing happens by itself any more. */
  finish(): this {
    do this.settleAll(); while (this.passTime());
    return this;
  }
}

function fullEvent(event: Partial<NewEvent>): NewEvent {
  return { name: "event", key: "key", data: null, time: null, messageId: null, ...event };
}

function contextOf(
  state: InstanceState,
  pointer: Pointer,
  program: Program,
  changes: ((data: JsonObject) => JsonObject)[],
  published: NewEvent[],
): StepContext {
  const { instance } = state;
  const undone = pointer.undoes === null ? undefined : state.pointers.get(pointer.undoes);
  const context: Partial<StepContext> = {
    step: program.step(pointer.stepKey),
    data: instance.data,
    vars: instance.vars,
    item: pointer.item,
    input: pointer.input,
    state: pointer.state ?? undefined,
    event: pointer.event ?? undefined,
    branches: pointer.join?.results,
    undoing: undone && { input: undone.input, output: undone.output, error: undone.error },
    attempt: pointer.attempt,
    idempotencyKey: `${instance.id}/${pointer.undoes ?? pointer.id}${pointer.undoes === null ? "" : "/undo"}`,
    held: pointer.held ?? undefined,
    set: (patch) =>
      void changes.push((data) =>
        JSON.parse(JSON.stringify({ ...data, ...patch as JsonObject })) as JsonObject
      ),
    update: (key, fn) =>
      void changes.push((data) => ({ ...data, [key]: (fn as (value: JsonValue) => JsonValue)(data[key]!) })),
    publish: (name, key, data = null, { messageId = null, time = null } = {}) =>
      void published.push({
        name,
        key,
        data,
        messageId,
        time: time instanceof Date ? time.getTime() : time,
      }),
  };
  return context as StepContext;
}
