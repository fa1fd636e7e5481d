import { beginReady } from "./claim.ts";
import type { InstanceState, Mail } from "./instance.ts";
import { endRun } from "./settle.ts";
import { isEnded } from "./status.ts";
import { type Advance, Change, type Moment } from "./transition.ts";

/** Takes messages out of the mailbox, once nothing runs; then starts what is ready. */
export function readMail(state: InstanceState, mail: readonly Mail[], moment: Moment): Advance {
  const change = new Change(state, moment);
  for (const message of mail) {
    change.set({ inboxRead: message.seq });
    if (!isEnded(change.instance.status)) obey(change, message, moment);
  }
  if (moment.begin) beginReady(change, moment.now);
  return change.done();
}

function obey(change: Change, { intent, reason }: Mail, moment: Moment): void {
  switch (intent) {
    case "cancel":
      return endRun(change, "Cancelled", moment, { reason: reason ?? "cancelled on request" });
    case "suspend":
      if (change.instance.status === "Suspended") return;
      change.moveRun("Suspended");
      change.set({ reason: reason ?? "suspended on request" });
      return change.tellRun("WorkflowSuspended", change.instance.reason);
    case "resume":
      if (change.instance.status === "Runnable") return;
      change.moveRun("Runnable");
      change.set({ reason: null, error: null });
      reopen(change);
      return change.tellRun("WorkflowResumed", reason);
  }
}

/** Ends the run from outside, whoever owns it: the raised epoch fences the owner. */
export function terminateInstance(state: InstanceState, reason: string | null, moment: Moment): Advance {
  const change = new Change(state, moment);
  change.set({ epoch: state.instance.epoch + 1, inboxRead: state.instance.inboxSeq });
  endRun(change, "Terminated", moment, { reason: reason ?? "terminated on request" });
  return change.done();
}

/** Opens an ended run again, from what failed or was cancelled. What is recorded stays. */
export function retryInstance(state: InstanceState, moment: Moment): Advance {
  const change = new Change(state, moment);
  change.moveRun("Runnable");
  const { attempt, inboxSeq: inboxRead } = state.instance;
  change.set({ attempt: attempt + 1, inboxRead, error: null, reason: null, endedAt: null });
  reopen(change);
  change.tellRun("WorkflowRetried");
  return change.done();
}

/** Failed and cancelled activations become Pending; their retry counts start anew. */
function reopen(change: Change): void {
  for (const { id, status } of change.pointers) {
    if (status === "Failed" || status === "Cancelled") {
      change.movePointer(id, "Pending", { failures: 0, endedAt: null, dueAt: null });
    }
  }
}
