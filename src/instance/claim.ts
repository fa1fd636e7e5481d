import type { InstanceState, Pointer } from "./instance.ts";
import { type Advance, Change, type Moment } from "./transition.ts";

/**
 * What a claim makes of an instance: a new owner, a higher epoch, and every ready activation Running; also those
 * that ran when their last owner died: they start again, with the next attempt, and use up no retry. Where messages
 * wait, nothing begins before they are read.
 */
export function claimInstance(state: InstanceState, owner: string, moment: Moment): Advance {
  const change = new Change(state, moment);
  const { instance } = state;
  change.set({ owner, epoch: instance.epoch + 1, parkedReason: null });
  for (const pointer of state.pointers.values()) {
    if (pointer.status === "Running") {
      change.movePointer(pointer.id, "Pending");
      change.tellStep("StepInterrupted", pointer);
    }
  }
  if (instance.inboxSeq === instance.inboxRead) beginReady(change, moment.now);
  return change.done(true);
}

/** Starts everything that is ready, where the run goes on at all. */
export function beginReady(change: Change, now: number): void {
  if (change.instance.status !== "Runnable") return;
  for (const pointer of change.pointers) {
    if (isReady(pointer, now)) change.begin(pointer.id);
  }
}

function isReady({ status, dueAt }: Pointer, now: number): boolean {
  return status === "Pending" || status === "Sleeping" && dueAt !== null && dueAt <= now;
}

/** The host stops: what was interrupted goes back to Pending, and the run is free for another host. */
export function releaseInstance(state: InstanceState, moment: Moment): Advance {
  const change = new Change(state, moment);
  for (const pointer of state.pointers.values()) {
    if (pointer.status !== "Running") continue;
    change.movePointer(pointer.id, "Pending");
    change.tellStep("StepInterrupted", pointer);
  }
  change.set({ owner: null });
  return change.done();
}

/**
 * The run can't be gone on with as things are: it waits, free, with the reason, at no cost.
 *
 * @param began whether the bodies of its running pointers have begun
 */
export function parkInstance(state: InstanceState, reason: string, moment: Moment, began = false): Advance {
  const change = new Change(state, moment);
  for (const { id, status, attempt } of state.pointers.values()) {
    // The claim has counted an attempt; where the body is missing, it has not begun.
    if (status === "Running") change.movePointer(id, "Pending", { attempt: attempt - (began ? 0 : 1) });
  }
  change.set({ owner: null, parkedReason: reason });
  change.tellRun("WorkflowParked", reason);
  return change.done();
}

/** What parked the run may be mended: it is due again. */
export function unparkInstance(state: InstanceState, moment: Moment): Advance {
  const change = new Change(state, moment);
  change.set({ parkedReason: null });
  return change.done();
}
