/** Status of a run. Only `Complete` is final for good; the other ends can be retried. */
export type WorkflowStatus = "Runnable" | "Suspended" | "Complete" | "Failed" | "Terminated" | "Cancelled";

/**
 * Status of one activation of a step. `Waiting` is for an event, for branches or for its turn; an undo is Compensating
 * while its body runs; a saga that was undone is Compensated, as is a finished undo.
 */
export type PointerStatus =
  | "Pending"
  | "Running"
  | "Sleeping"
  | "Waiting"
  | "Complete"
  | "Failed"
  | "Skipped"
  | "Cancelled"
  | "Compensating"
  | "Compensated";

/**
 * Every change of a run's status that may happen: retrying is the only way out of an end. A suspended run ends by the
 * step that still ran, and by control.
 */
export const workflowTransitions: Readonly<Record<WorkflowStatus, readonly WorkflowStatus[]>> = {
  Runnable: ["Suspended", "Complete", "Failed", "Terminated", "Cancelled"],
  Suspended: ["Runnable", "Complete", "Failed", "Terminated", "Cancelled"],
  Complete: [],
  Failed: ["Runnable"],
  Terminated: ["Runnable"],
  Cancelled: ["Runnable"],
};

/**
 * Every change of a pointer's status that may happen; changes within a status are always allowed until it is settled.
 * Out of a settled status lead only retrying and resuming, which open again what failed or was cut short.
 */
export const pointerTransitions: Readonly<Record<PointerStatus, readonly PointerStatus[]>> = {
  Pending: ["Running", "Waiting", "Failed", "Skipped", "Cancelled", "Compensating", "Compensated"],
  Running: ["Pending", "Sleeping", "Waiting", "Complete", "Failed", "Cancelled"],
  Sleeping: ["Pending", "Complete", "Failed", "Cancelled", "Compensated"],
  Waiting: ["Pending", "Sleeping", "Complete", "Failed", "Skipped", "Cancelled", "Compensated"],
  Compensating: ["Pending", "Sleeping", "Compensated", "Failed", "Cancelled"],
  Complete: [],
  Failed: ["Pending"],
  Skipped: ["Pending", "Waiting"],
  Cancelled: ["Pending", "Waiting"],
  Compensated: ["Pending"],
};

/** How an activation can settle. */
export type SettledStatus = Extract<
  PointerStatus,
  "Complete" | "Failed" | "Skipped" | "Cancelled" | "Compensated"
>;

const settled: ReadonlySet<PointerStatus> = new Set<SettledStatus>([
  "Complete",
  "Failed",
  "Skipped",
  "Cancelled",
  "Compensated",
]);

/** Whether a run has ended. */
export function isEnded(status: WorkflowStatus): boolean {
  return status !== "Runnable" && status !== "Suspended";
}

/** Whether an activation is over. */
export function isSettled(status: PointerStatus): boolean {
  return settled.has(status);
}

/** Whether the body of an activation, or its undo, runs now. */
export function isBusy(status: PointerStatus): boolean {
  return status === "Running" || status === "Compensating";
}
