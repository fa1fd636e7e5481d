import type { WorkflowStatus } from "../src/instance/status.ts";

/** What the exit codes of `wfe` mean. */
export const exitCodes = {
  /** The run is Complete, or the command did what it was asked. */
  complete: 0,
  /** The run ended otherwise than Complete, or the command failed. */
  failed: 1,
  /** Bad usage, an invalid file, a run id that exists, a run that is live elsewhere. */
  usage: 2,
  /** There is no such run, or nothing to resume. */
  nothing: 3,
  /** The run is Suspended. */
  suspended: 4,
  /** The command was interrupted by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

/** The exit code for a run in this status that nothing more happens to. */
export function exitCodeOf(status: WorkflowStatus): number {
  if (status === "Complete") return exitCodes.complete;
  return status === "Suspended" ? exitCodes.suspended : exitCodes.failed;
}
