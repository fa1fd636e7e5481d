import type { PointerStatus, WorkflowStatus } from "../../src/instance/status.ts";
import type { Paint, Style } from "../io.ts";

/** The sign of a status, in its colour. */
const signs: Readonly<Record<PointerStatus | WorkflowStatus, readonly [sign: string, style: Style]>> = {
  Pending: ["·", "dim"],
  Running: ["▶", "cyan"],
  Runnable: ["▶", "cyan"],
  Sleeping: ["◷", "yellow"],
  Waiting: ["◷", "yellow"],
  Suspended: ["‖", "yellow"],
  Complete: ["✓", "green"],
  Failed: ["✗", "red"],
  Terminated: ["✗", "red"],
  Cancelled: ["⊘", "yellow"],
  Skipped: ["⊘", "dim"],
  Compensating: ["▶", "cyan"],
  Compensated: ["↶", "yellow"],
};

/** The sign of a status, one column wide. */
export function signOf(status: PointerStatus | WorkflowStatus, paint: Paint): string {
  const [sign, style] = signs[status];
  return paint(style, sign);
}
