import type { ControlMessage, EventMessage, Mail, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isEnded, isSettled } from "../instance/status.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { Flow } from "./flow.ts";
import { holdsBranches } from "./inside.ts";
import type { Program } from "./program.ts";

/** Takes messages out of the mailbox; then starts what is ready. */
export function readMail(
  state: InstanceState,
  program: Program,
  mail: readonly Mail[],
  moment: Moment,
): Advance {
  const flow = new Flow(state, program, moment);
  const { change } = flow;
  for (const message of mail) {
    change.set({ inboxRead: message.seq });
    if (isEnded(change.instance.status)) continue;
    if (message.kind === "event") receive(flow, message);
    else obey(flow, message);
  }
  flow.beginReady();
  return flow.done();
}

/** The event goes to the oldest activation that waits for it; where none does any more, to a later wait. */
function receive(flow: Flow, { event, cursor }: EventMessage): void {
  if (event.seq <= cursor || flow.change.hasTaken(event)) return;
  for (const pointer of flow.change.pointers) {
    const { wait, status } = pointer;
    if (status !== "Waiting" || wait?.name !== event.name || wait.key !== event.key) continue;
    if (wait.since <= event.time) return flow.receive(pointer, event);
  }
}

function obey(flow: Flow, { kind, reason }: ControlMessage): void {
  const { change, closure } = flow;
  const { status } = change.instance;
  switch (kind) {
    case "cancel":
      // An undo that has failed for good is tried again: without it the run cannot end.
      if (status === "Suspended") reopen(flow, isUndo);
      return closure.end({
        status: "Cancelled",
        error: null,
        reason: reason ?? "cancelled on request",
        by: null,
        undo: null,
      });
    case "suspend":
      if (status === "Suspended") return;
      change.moveRun("Suspended");
      change.set({ reason: reason ?? "suspended on request" });
      return change.tellRun("WorkflowSuspended", change.instance.reason);
    case "resume":
      if (status === "Runnable") return;
      reopen(flow, anything);
      change.set({ crashes: 0 });
      return change.tellRun("WorkflowResumed", reason);
  }
}

/** Ends the run from outside, whoever owns it: the raised epoch fences the owner. Nothing is undone. */
export function terminateInstance(
  state: InstanceState,
  program: Program,
  reason: string | null,
  moment: Moment,
): Advance {
  const flow = new Flow(state, program, { ...moment, begin: false });
  flow.change.set({ epoch: state.instance.epoch + 1, inboxRead: state.instance.inboxSeq });
  flow.closure.finishRun("Terminated", { error: null, reason: reason ?? "terminated on request" });
  return flow.done();
}

/**
 * Opens an ended run again, from what failed or was cancelled. What is recorded stays. Where nothing was left to be
 * done, the run is complete.
 */
export function retryInstance(state: InstanceState, program: Program, moment: Moment): Advance {
  const flow = new Flow(state, program, { ...moment, begin: false });
  const { change, closure } = flow;
  const { attempt, inboxSeq: inboxRead } = state.instance;
  reopen(flow, anything);
  change.set({ attempt: attempt + 1, inboxRead, endedAt: null, crashes: 0 });
  change.tellRun("WorkflowRetried");
  if ([...change.pointers].every(({ status }) => isSettled(status))) closure.finishFlow();
  return flow.done();
}

/**
 * The run goes on: what failed or was cut short becomes Pending, and its retry counts start anew; what holds branches
 * waits for them. Where the run was about to end, it ends: only its undos, and what they are inside of, go on.
 */
function reopen(flow: Flow, included: (pointer: Pointer) => boolean): void {
  const { change } = flow;
  change.moveRun("Runnable");
  change.set({ reason: null, error: null });
  for (const pointer of change.pointers) {
    const { id, status, closing, order } = pointer;
    if (!isSettled(status) || status === "Complete" || !included(pointer)) continue;
    const again = { failures: 0, endedAt: null, dueAt: null, order: null, wait: null };
    // Whatever way it was being closed, that goes on.
    if (holdsBranches(pointer)) change.movePointer(id, "Waiting", { ...again, order });
    else if (change.instance.ending ? isUndo(pointer) : closing?.kind !== "abort") {
      change.movePointer(id, isBehindLimit(flow, pointer) ? "Waiting" : "Pending", again);
    }
  }
}

function isUndo({ undoes }: Pointer): boolean {
  return undoes !== null;
}

function anything(): boolean {
  return true;
}

/** Whether a branch of a `forEach` has not had its turn. */
function isBehindLimit({ change, program }: Flow, { parent, branch, attempt }: Pointer): boolean {
  const container = parent === null || attempt > 0 ? undefined : change.find(parent);
  const limit = container && program.step(container.stepKey).config?.concurrency;
  return typeof limit === "number" && branch >= limit + (container?.join?.done ?? 0);
}
