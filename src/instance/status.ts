/** Status of a run. Only `Complete` is final for good; the other ends can be retried. */
export type WorkflowStatus = "Runnable" | "Suspended" | "Complete" | "Failed" | "Terminated" | "Cancelled";

/** Status of one activation of a step. */
export type PointerStatus = "Pending" | "Running" | "Sleeping" | "Complete" | "Failed" | "Cancelled";

/** Every change of a run's status that may happen: retrying is the only way out of an end. */
export const workflowTransitions: Readonly<Record<WorkflowStatus, readonly WorkflowStatus[]>> = {
  Runnable: ["Suspended", "Complete", "Failed", "Terminated", "Cancelled"],
  Suspended: ["Runnable", "Terminated", "Cancelled"],
  Complete: [],
  Failed: ["Runnable"],
  Terminated: ["Runnable"],
  Cancelled: ["Runnable"],
};

/** Every change of a pointer's status that may happen. `Running → Running` records what the attempt holds. */
export const pointerTransitions: Readonly<Record<PointerStatus, readonly PointerStatus[]>> = {
  Pending: ["Running", "Cancelled"],
  Running: ["Running", "Pending", "Sleeping", "Complete", "Failed", "Cancelled"],
  Sleeping: ["Running", "Cancelled"],
  Complete: [],
  Failed: ["Pending"],
  Cancelled: ["Pending"],
};

/** Whether a run has ended. */
export function isEnded(status: WorkflowStatus): boolean {
  return status !== "Runnable" && status !== "Suspended";
}

/** Whether an activation is over. */
export function isSettled(status: PointerStatus): boolean {
  return status === "Complete" || status === "Failed" || status === "Cancelled";
}
