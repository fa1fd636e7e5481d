import type { Attributes } from "../definition/attributes.ts";
import { frozenJson } from "../definition/canonical_json.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isBusy } from "../instance/status.ts";
import { type Advance, Change, type Moment, type NewEvent } from "../instance/transition.ts";
import { Flow } from "./flow.ts";
import type { Program } from "./program.ts";

/** What a body that succeeded leaves behind. */
export interface Success {
  /** Recorded under the activation. */
  readonly output: JsonValue;
  /** Where the flow goes on. */
  readonly outcome?: JsonValue;
  /** Applied to the newest data. */
  readonly change: (data: JsonObject) => JsonObject;
  /** Applied to the newest attributes. */
  readonly changeAttributes?: ((attributes: Attributes) => Attributes) | null;
  /** The events that it published. */
  readonly published?: readonly NewEvent[];
}

/** A body succeeded: its output is recorded, the data changes, and the flow goes on. */
export function settleSuccess(
  state: InstanceState,
  program: Program,
  pointerId: number,
  success: Success,
  moment: Moment,
): Advance {
  const { flow, pointer } = begin(state, program, pointerId, moment);
  const { output, outcome, change, changeAttributes, published = [] } = success;
  const isUndo = pointer.undoes !== null;
  let data: JsonObject;
  try {
    data = change(state.instance.data);
    if (!isUndo) data = flow.mapOutput(pointer, output, data);
    if (changeAttributes) flow.change.set({ attributes: changeAttributes(state.instance.attributes) });
  } catch (thrown) {
    return settleFailure(state, program, pointerId, thrown, moment);
  }
  for (const event of published) flow.change.publish(event);
  if (!isUndo) {
    flow.succeed(pointer, output, outcome, data);
  } else {
    if (data !== state.instance.data) flow.change.set({ data });
    flow.closure.undone(flow.settle(pointer, "Compensated", { output, error: null }));
  }
  return flow.done();
}

/** A body failed: the policy decides between another attempt and the consequence. */
export function settleFailure(
  state: InstanceState,
  program: Program,
  pointerId: number,
  thrown: unknown,
  moment: Moment,
): Advance {
  const { flow, pointer } = begin(state, program, pointerId, moment);
  flow.failures.fail(pointer, thrown);
  return flow.done();
}

/** A body was cut short because it, or what is around it, is being closed; null where that is not so. */
export function settleStopped(
  state: InstanceState,
  program: Program,
  pointerId: number,
  moment: Moment,
): Advance | null {
  const { flow, pointer } = begin(state, program, pointerId, moment);
  return flow.closure.stopped(pointer) ? flow.done() : null;
}

/** A body has not had its turn, or was cut short, while the run is suspended: it begins when the run is resumed. */
export function settleUnbegun(state: InstanceState, pointerId: number, moment: Moment): Advance {
  const change = new Change(state, moment);
  change.tellStep("StepInterrupted", change.movePointer(pointerId, "Pending"));
  return change.done(true);
}

/** A body asked to be entered again later. */
export function settleSleep(
  state: InstanceState,
  program: Program,
  pointerId: number,
  pause: { readonly duration: number; readonly state: JsonValue },
  moment: Moment,
): Advance {
  return pauseBody(state, program, pointerId, moment, (flow) => {
    const { duration, state: kept } = pause;
    const dueAt = moment.now + duration;
    const change = { dueAt, state: kept, held: null, join: null, event: null, error: null };
    flow.change.tellStep("StepWaiting", flow.change.movePointer(pointerId, "Sleeping", change));
  });
}

/** A body asked to be entered again at once. */
export function settlePersist(
  state: InstanceState,
  program: Program,
  pointerId: number,
  kept: JsonValue,
  moment: Moment,
): Advance {
  return pauseBody(state, program, pointerId, moment, (flow) => {
    const change = { state: kept, held: null, join: null, event: null };
    flow.enqueue(flow.change.movePointer(pointerId, "Pending", change));
  });
}

/** A body asked for the branch inside its step, once for each value. */
export function settleBranch(
  state: InstanceState,
  program: Program,
  pointerId: number,
  asked: { readonly values: readonly JsonValue[]; readonly state: JsonValue },
  moment: Moment,
): Advance {
  return pauseBody(state, program, pointerId, moment, (flow, pointer) => {
    const { branches = [], key } = flow.stepOf(pointer);
    if (branches.length === 0) {
      throw new TypeError(`Cannot run branches of step "${key}": it has none; give it one by .do(…)`);
    }
    const values = frozenJson(asked.values, "values", flow.limits.output);
    if (values.length === 0) {
      const change = {
        state: asked.state,
        held: null,
        event: null,
        join: { total: 0, done: 0, results: [] },
      };
      return flow.enqueue(flow.change.movePointer(pointerId, "Pending", change));
    }
    const change = { state: asked.state, held: null, event: null };
    flow.beginBranches(flow.change.movePointer(pointerId, "Waiting", change), branches, values, Infinity);
  });
}

/** A body asked to be entered again when an event has come. */
export function settleEventWait(
  state: InstanceState,
  program: Program,
  pointerId: number,
  asked: {
    readonly name: string;
    readonly key: string;
    readonly since: number | null;
    readonly timeout: number | null;
    readonly state: JsonValue;
  },
  moment: Moment,
): Advance {
  return pauseBody(state, program, pointerId, moment, (flow) => {
    const { name, key, since, timeout, state: kept } = asked;
    const change = { state: kept, held: null, join: null, event: null, error: null };
    const waiting = flow.change.movePointer(pointerId, "Waiting", change);
    const dueAt = timeout === null ? null : moment.now + timeout;
    flow.waitFor(waiting, { name, key, since: since ?? flow.startedAt }, dueAt);
  });
}

/** What an attempt records before it ends: what it holds outside the engine, or what its lock is called. */
export type Holding = Pick<Pointer, "held"> | Pick<Pointer, "lockName">;

/** Records what a running attempt holds. */
export function recordHolding(
  state: InstanceState,
  pointerId: number,
  holding: Holding,
  moment: Moment,
): Advance {
  const change = new Change(state, moment);
  const { status } = change.pointer(pointerId);
  if (!isBusy(status)) throw new Error(`Cannot hold something for a pointer that is ${status}`);
  change.movePointer(pointerId, status, holding);
  return change.done();
}

/** An undo cannot be paused: it is an attempt like any other until it ends. */
function pauseBody(
  state: InstanceState,
  program: Program,
  pointerId: number,
  moment: Moment,
  pause: (flow: Flow, pointer: Pointer) => void,
): Advance {
  const { flow, pointer } = begin(state, program, pointerId, moment);
  if (pointer.undoes !== null) {
    const why = new TypeError(`Cannot pause the undo of step "${pointer.stepKey}": an undo runs to its end`);
    return settleFailure(state, program, pointerId, why, moment);
  }
  if (flow.closure.stopped(pointer)) return flow.done();
  try {
    pause(flow, pointer);
  } catch (thrown) {
    return settleFailure(state, program, pointerId, thrown, moment);
  }
  return flow.done();
}

/** Whatever settles shows that the run does not kill its host. Only what is busy can settle. */
function begin(
  state: InstanceState,
  program: Program,
  pointerId: number,
  moment: Moment,
): { readonly flow: Flow; readonly pointer: Pointer } {
  const flow = new Flow(state, program, moment);
  if (state.instance.crashes > 0) flow.change.set({ crashes: 0 });
  const pointer = flow.change.pointer(pointerId);
  if (!isBusy(pointer.status)) throw new Error(`Cannot settle a pointer that is ${pointer.status}`);
  return { flow, pointer };
}
