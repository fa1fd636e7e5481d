import type { Advance, Change } from "../instance/transition.ts";

/** A run whose hosts die so often in a row, while a step of it runs, is suspended: it is what kills them. */
export const mostCrashes = 3;

/** Suspends a run that cannot be gone on with, whoever tries. */
export function quarantine(change: Change, why: string): Advance {
  const reason = `quarantined: ${why}`;
  change.moveRun("Suspended");
  change.set({ reason, parkedReason: null });
  change.tellRun("WorkflowSuspended", reason);
  return change.done();
}

/** A host that was counted as dead lives: takes its death back, and the quarantine that it brought about. */
export function pardon(change: Change, why: string | null): void {
  const { crashes, status, reason } = change.instance;
  if (crashes === 0) return;
  change.set({ crashes: crashes - 1 });
  const isLifted = status === "Suspended" && crashes === mostCrashes && reason?.startsWith("quarantined: ");
  if (!isLifted) return;
  change.moveRun("Runnable");
  change.set({ reason: null });
  change.tellRun("WorkflowResumed", why);
}
