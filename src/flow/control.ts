import type { ControlMessage, EventMessage, Mail, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isEnded, isSettled } from "../instance/status.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { Flow } from "./flow.ts";
import { holdsBranches } from "./inside.ts";
import type { Program } from "./program.ts";
import { pardon } from "./quarantine.ts";

/**
 * Takes messages out of the mailbox; then starts what is ready. Where the run is parked, they are left there.
 *
 * @param deaf ids of the waits that may have begun after the mail was read: what they should get first may not be among it
 */
export function readMail(
  state: InstanceState,
  program: Program,
  mail: readonly Mail[],
  moment: Moment,
  deaf: ReadonlySet<number> = new Set(),
): Advance {
  const flow = new Flow(state, program, moment);
  if (flow.canGoOn && takeMessages(flow, state, mail, deaf)) return flow.change.done();
  flow.beginReady();
  return flow.done();
}

/**
 * Does what messages say. What one of them opens again begins in the next transition, and the messages behind it wait
 * for that: a store takes something settled as Pending or Waiting, and as nothing else.
 *
 * @param before the run before this transition
 * @param deaf as for {@linkcode readMail}
 * @returns whether something was opened again, so that the transition is to be closed as it is
 */
export function takeMessages(
  flow: Flow,
  before: InstanceState,
  mail: readonly Mail[],
  deaf: ReadonlySet<number> = new Set(),
): boolean {
  const { change } = flow;
  receiveAll(flow, mail.filter((message) => message.kind === "event"), (pointer) => {
    return deaf.has(pointer.id) || before.pointers.get(pointer.id)?.wait !== pointer.wait;
  });
  for (const message of mail) {
    change.set({ inboxRead: message.seq });
    if (message.kind === "event" || isEnded(change.instance.status)) continue;
    if (obey(flow, message)) return true;
  }
  return false;
}

/**
 * Events go to who waits for them in the order of publishing: one that had been passed over may have been sent anew,
 * behind later ones.
 */
function receiveAll(flow: Flow, mail: EventMessage[], isDeaf: (pointer: Pointer) => boolean): void {
  for (const message of mail.sort((a, b) => a.event.seq - b.event.seq)) {
    if (!isEnded(flow.change.instance.status)) receive(flow, message, isDeaf);
  }
}

/**
 * The event goes to the oldest activation that waits for it; where none does any more, to a later wait. One that has
 * not heard of earlier events begins to wait anew: then the store sends it the first.
 */
function receive(
  flow: Flow,
  { event, cursor }: EventMessage,
  isDeaf: (pointer: Pointer) => boolean,
): void {
  const { change } = flow;
  if (event.seq <= cursor || change.hasTaken(event)) return;
  for (const pointer of change.pointers) {
    const { id, wait, status } = pointer;
    if (status !== "Waiting" || wait?.name !== event.name || wait.key !== event.key) continue;
    if (wait.since > event.time) continue;
    if (!isDeaf(pointer)) return flow.receive(pointer, event);
    change.unsubscribe(id);
    return change.subscribe(id, wait);
  }
}

/** Whether something that had settled is open again. */
function obey(flow: Flow, { kind, reason }: ControlMessage): boolean {
  const { change, closure } = flow;
  const { status } = change.instance;
  switch (kind) {
    case "cancel": {
      // An undo that has failed for good is tried again: without it the run cannot end.
      const reopened = status === "Suspended" && reopen(flow, isUndo);
      closure.end({
        status: "Cancelled",
        error: null,
        reason: reason ?? "cancelled on request",
        by: null,
        undo: null,
      });
      return reopened;
    }
    case "suspend":
      if (status === "Suspended") return false;
      change.moveRun("Suspended");
      change.set({ reason: reason ?? "suspended on request" });
      change.tellRun("WorkflowSuspended", change.instance.reason);
      return false;
    case "resume": {
      if (status === "Runnable") return false;
      const reopened = reopen(flow, anything);
      change.set({ crashes: 0 });
      change.tellRun("WorkflowResumed", reason);
      return reopened;
    }
    case "pardon":
      pardon(change, reason);
      return false;
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
  // What was about to end is ended by whoever claims it.
  if ([...change.pointers].every(({ status }) => isSettled(status))) closure.finishFlow();
  return change.done();
}

/**
 * The run goes on: what failed or was cut short becomes Pending, and its retry counts start anew; what holds branches
 * waits for them. Where the run was about to end, it ends: only its undos, and what they are inside of, go on.
 *
 * @returns whether there was anything to be opened
 */
function reopen(flow: Flow, included: (pointer: Pointer) => boolean): boolean {
  const { change } = flow;
  let any = false;
  change.moveRun("Runnable");
  change.set({ reason: null, error: null });
  for (const pointer of change.pointers) {
    const { id, status, closing, order, parent } = pointer;
    if (!isSettled(status) || status === "Complete" || !included(pointer)) continue;
    // What it was inside of may have gone on without it: the first of several branches was enough.
    if (parent !== null && isSettled(change.find(parent)?.status ?? "Complete")) continue;
    const again = { failures: 0, endedAt: null, dueAt: null, order: null, wait: null };
    // Whatever way it was being closed, that goes on.
    if (holdsBranches(pointer)) change.movePointer(id, "Waiting", { ...again, order });
    else if (change.instance.ending ? isUndo(pointer) : closing?.kind !== "abort") {
      change.movePointer(id, isBehindLimit(flow, pointer) ? "Waiting" : "Pending", again);
    } else continue;
    any = true;
  }
  return any;
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
  const step = container && program.step(container.stepKey);
  const limit = step?.type === "forEach" ? step.config?.concurrency : undefined;
  return typeof limit === "number" && branch >= limit + (container?.join?.done ?? 0);
}
