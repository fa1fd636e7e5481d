import type { Pointer } from "./instance.ts";
import { newPointer } from "./new_pointer.ts";

/** Whether a header can carry an activation: it is to be done or running, and has nothing yet that is long. */
export function isCarriable(pointer: Pointer): boolean {
  const {
    status,
    item,
    undoes,
    order,
    dueAt,
    input,
    state,
    join,
    wait,
    event,
    closing,
    output,
    error,
    held,
  } = pointer;
  return (status === "Running" || status === "Pending") && item === null && undoes === null &&
    order === null &&
    dueAt === null && input === null && state === null && join === null && wait === null && event === null &&
    closing === null && output === null && error === null && held === null;
}

/**
 * Id of the activation that a header carries after a transition: the same as before for as long as that can be carried,
 * then the first new one that can.
 *
 * @param before what it carried before
 * @param changed what the transition has changed and made
 * @param firstNew id from which on it has made them
 */
export function carriedAfter(
  before: number | null,
  changed: ReadonlyMap<number, Pointer>,
  firstNew: number,
): number | null {
  if (before !== null) {
    const carried = changed.get(before);
    if (!carried || isCarriable(carried)) return before;
  }
  for (const pointer of changed.values()) {
    if (pointer.id >= firstNew && isCarriable(pointer)) return pointer.id;
  }
  return null;
}

/** An activation that a header carries, as JSON text. */
export function carriedToJson(pointer: Pointer): string {
  const { id, stepKey, parent, branch, saga, status, attempt, failures, startedAt } = pointer;
  return JSON.stringify({ id, stepKey, parent, branch, saga, status, attempt, failures, startedAt });
}

/** What {@linkcode carriedToJson} wrote. */
export function carriedFromJson(text: string): Pointer {
  return { item: null, ...newPointer, ...JSON.parse(text) };
}
