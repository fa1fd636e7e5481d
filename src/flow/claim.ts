import type { Mail } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isBusy } from "../instance/status.ts";
import { type Advance, Change, type Moment } from "../instance/transition.ts";
import { takeMessages } from "./control.ts";
import { Flow } from "./flow.ts";
import type { Program } from "./program.ts";
import { mostCrashes, quarantine } from "./quarantine.ts";

/**
 * What a claim makes of an instance: a new owner, a higher epoch, its messages read, and every ready activation begun.
 * Where there are messages that are not given, nothing begins before they are read. Where something ran when the last
 * owner died, that is all that is noted, and nobody owns the run: how often its hosts have died says who may claim it,
 * and beside what. Then what ran starts again, with the next attempt, and uses up no retry.
 *
 * @param program null where the claiming host has to look up the definition first: nothing begins then
 * @param mail the messages that have not been read
 */
export function claimInstance(
  state: InstanceState,
  owner: string,
  program: Program | null,
  moment: Moment,
  mail: readonly Mail[] = [],
): Advance {
  const flow = program && new Flow(state, program, moment);
  const change = flow?.change ?? new Change(state, moment);
  const { epoch, inboxSeq, inboxRead, status } = state.instance;
  change.set({ owner, epoch: epoch + 1, parkedReason: null });
  if (interruptBusy(change)) {
    const crashes = state.instance.crashes + 1;
    change.set({ owner: null, crashes });
    const pardons = mail.filter(({ kind }) => kind === "pardon").length;
    return crashes - pardons >= mostCrashes && status === "Runnable"
      ? quarantine(change, `${mostCrashes} hosts died in a row while it ran ${namesOfBegun(change)}`)
      : change.done();
  }
  if (!flow) return change.done(true);
  if (inboxSeq > inboxRead && flow.canGoOn) {
    const mustSettle = mail.length === 0 || takeMessages(flow, state, mail);
    if (mustSettle) return change.done(true);
  }
  flow.beginReady();
  return flow.done(true);
}

/** The run can't be gone on with, whoever tries: it is suspended until somebody resumes it, and free. */
export function quarantineInstance(state: InstanceState, reason: string, moment: Moment): Advance {
  const change = new Change(state, moment);
  interruptBusy(change);
  change.set({ owner: null });
  return state.instance.status === "Runnable" ? quarantine(change, reason) : change.done();
}

/** The steps that have begun and are to begin again, in words. */
function namesOfBegun(change: Change): string {
  const steps = [...change.pointers].filter(({ status, attempt }) => status === "Pending" && attempt > 0);
  return steps.map(({ stepKey }) => `"${stepKey}"`).join(", ");
}

/** The host stops: what was interrupted goes back to Pending, and the run is free for another host. */
export function releaseInstance(state: InstanceState, moment: Moment): Advance {
  const change = new Change(state, moment);
  interruptBusy(change);
  change.set({ owner: null });
  return change.done();
}

/** The run can't be gone on with for want of code: it waits, free, with the reason, at no cost. */
export function parkInstance(state: InstanceState, reason: string, moment: Moment): Advance {
  const change = new Change(state, moment);
  interruptBusy(change);
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

/** What ran starts again when the run is taken up; whether there was anything. */
function interruptBusy(change: Change): boolean {
  let any = false;
  for (const pointer of change.pointers) {
    if (!isBusy(pointer.status)) continue;
    any = true;
    change.movePointer(pointer.id, "Pending");
    change.tellStep("StepInterrupted", pointer);
  }
  return any;
}
