import type { Pointer } from "../instance/instance.ts";
import type { Change } from "../instance/transition.ts";

/** What is being closed: an activation, or the run. */
export type Closer = number | "run";

/** The innermost activation around a pointer that is being closed, or the run where that is, or null. */
export function closerOf(change: Change, pointer: Pointer): Closer | null {
  for (let inner = pointer; inner.parent !== null;) {
    const container = change.find(inner.parent);
    if (!container) break;
    if (container.closing && !isWinner(container, inner)) return container.id;
    inner = container;
  }
  return change.instance.ending ? "run" : null;
}

/** Whether branches of an activation are open; a body that has got their results holds none any more. */
export function holdsBranches({ join }: Pointer): boolean {
  return join !== null && join.results === undefined;
}

/** Whether a pointer is inside an activation, but for the winner of a join; everything is inside the run. */
export function isInside(change: Change, pointer: Pointer, container: Pointer | null): boolean {
  if (!container) return true;
  for (let inner = pointer; inner.parent !== null;) {
    if (inner.parent === container.id) return !isWinner(container, inner);
    const around = change.find(inner.parent);
    if (!around) return false;
    inner = around;
  }
  return false;
}

/** The branch of a join that goes on while the others are closed. */
function isWinner({ closing }: Pointer, { branch, undoes }: Pointer): boolean {
  return closing?.kind === "join" && undoes === null && branch === closing.winner;
}
