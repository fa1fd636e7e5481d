import type { StepDefinition, WorkflowDefinition } from "../definition/definition.ts";
import { getStep } from "../definition/definition.ts";
import type { ErrorPolicy } from "../definition/error_behavior.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import { askedDelay, isRetryable, toFailure } from "./failure.ts";
import type { InstanceState, Pointer, StepFailure } from "./instance.ts";
import { retryDelay } from "./retry.ts";
import { isSettled } from "./status.ts";
import { type Advance, Change, type Moment } from "./transition.ts";

/** What a body that succeeded leaves behind. */
export interface Success {
  /** Recorded under the activation. */
  readonly output: JsonValue | null;
  /** Applied to the newest data. */
  readonly change: (data: JsonObject) => JsonObject;
}

/** A body succeeded: its output is recorded, the data changes, and the flow goes on. */
export function settleSuccess(
  state: InstanceState,
  definition: WorkflowDefinition,
  pointerId: number,
  success: Success,
  moment: Moment,
): Advance {
  const change = new Change(state, moment);
  change.set({ data: success.change(state.instance.data) });
  const pointer = change.movePointer(pointerId, "Complete", {
    output: success.output,
    held: null,
    state: null,
    error: null,
    endedAt: moment.now,
  });
  change.tellStep("StepCompleted", pointer);
  follow(change, getStep(definition, pointer.stepKey), definition, moment);
  return change.done();
}

/** Activates what comes after a step; the run is complete when nothing is left. */
function follow(
  change: Change,
  step: StepDefinition,
  definition: WorkflowDefinition,
  moment: Moment,
): void {
  for (const key of step.next ?? []) {
    if (getStep(definition, key).end) return endRun(change, "Complete", moment);
    change.activate(key);
  }
  if (change.pointers.every(({ status }) => isSettled(status))) endRun(change, "Complete", moment);
}

/** A body asked to be entered again later. */
export function settleSleep(
  state: InstanceState,
  pointerId: number,
  pause: { readonly duration: number; readonly state: JsonValue | null },
  moment: Moment,
): Advance {
  const change = new Change(state, moment);
  const pointer = change.movePointer(pointerId, "Sleeping", {
    dueAt: moment.now + pause.duration,
    state: pause.state,
    held: null,
  });
  change.tellStep("StepWaiting", pointer);
  return change.done();
}

/** A body failed: the policy decides between another attempt and an end. */
export function settleFailure(
  state: InstanceState,
  pointerId: number,
  thrown: unknown,
  policy: ErrorPolicy,
  moment: Moment,
): Advance {
  const change = new Change(state, moment);
  const { stepKey, attempt, failures: before } = change.pointer(pointerId);
  const error = toFailure(thrown, stepKey, attempt);
  const failures = before + 1;
  if (policy.kind === "retry" && isRetryable(thrown) && failures <= policy.maxRetries) {
    const delay = askedDelay(thrown) ?? retryDelay(policy, failures, moment.random);
    const pointer = change.movePointer(pointerId, "Sleeping", {
      failures,
      error,
      held: null,
      dueAt: moment.now + delay,
    });
    change.tellStep("StepRetrying", pointer);
  } else {
    giveUp(change, pointerId, policy.kind === "retry" ? policy.then : policy.kind, error, moment);
  }
  return change.done();
}

function giveUp(
  change: Change,
  pointerId: number,
  consequence: "fail" | "suspend" | "terminate",
  error: StepFailure,
  moment: Moment,
): void {
  const pointer = change.movePointer(pointerId, "Failed", { error, held: null, endedAt: moment.now });
  change.tellStep("StepFailed", pointer);
  const reason = `step "${error.step}" failed: ${error.message}`;
  if (consequence === "suspend") {
    change.moveRun("Suspended");
    change.set({ reason, error });
    change.tellRun("WorkflowSuspended", reason);
  } else {
    endRun(change, consequence === "fail" ? "Failed" : "Terminated", moment, { error, reason });
  }
}

/** Ends the run: what is still open is cancelled. */
export function endRun(
  change: Change,
  status: "Complete" | "Failed" | "Terminated" | "Cancelled",
  moment: Moment,
  why: { readonly error?: StepFailure; readonly reason?: string } = {},
): void {
  for (const pointer of change.pointers) {
    if (!isSettled(pointer.status)) cancelPointer(change, pointer, moment);
  }
  const reason = why.reason ?? null;
  change.moveRun(status);
  change.set({ error: why.error ?? null, reason, endedAt: moment.now, parkedReason: null });
  change.tellRun(status === "Complete" ? "WorkflowCompleted" : `Workflow${status}`, reason);
}

function cancelPointer(change: Change, pointer: Pointer, moment: Moment): void {
  change.tellStep("StepCancelled", change.movePointer(pointer.id, "Cancelled", { endedAt: moment.now }));
}

/** Records what a running attempt holds outside the engine. */
export function holdResource(
  state: InstanceState,
  pointerId: number,
  held: JsonValue,
  moment: Moment,
): Advance {
  const change = new Change(state, moment);
  const { status } = change.pointer(pointerId);
  if (status !== "Running") throw new Error(`Cannot hold something for a pointer that is ${status}`);
  change.movePointer(pointerId, "Running", { held });
  return change.done();
}
