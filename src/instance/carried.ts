import { deepFreeze } from "../definition/canonical_json.ts";
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
    lockName,
  } = pointer;
  return (status === "Running" || status === "Pending") && item === null && undoes === null &&
    order === null &&
    dueAt === null && input === null && state === null && join === null && wait === null && event === null &&
    closing === null && output === null && error === null && held === null &&
    lockName === null;
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

/**
 * An activation that a header carries, as JSON text: a list, for each step of every run writes one. Those who look into
 * it by SQL rely on the places of id (0), step key (1) and attempt (2).
 */
export function carriedToJson(pointer: Pointer): string {
  const { id, stepKey, attempt, status, startedAt, parent, branch, saga, failures } = pointer;
  return JSON.stringify([id, stepKey, attempt, status, startedAt, parent, branch, saga, failures]);
}

/** What {@linkcode carriedToJson} wrote. */
export function carriedFromJson(text: string): Pointer {
  const [id, stepKey, attempt, status, startedAt, parent, branch, saga, failures] = JSON.parse(text);
  return {
    ...newPointer,
    item: null,
    id,
    stepKey,
    attempt,
    status,
    startedAt,
    parent,
    branch,
    saga,
    failures,
  };
}

/** Adds the activation that the header carries, frozen, at its place in the order of ids. */
export function withCarried(pointers: Pointer[], carried: string | null): Pointer[] {
  if (carried === null) return pointers;
  const pointer = deepFreeze(carriedFromJson(carried));
  const behind = pointers.findIndex(({ id }) => id > pointer.id);
  return behind < 0 ? [...pointers, pointer] : pointers.toSpliced(behind, 0, pointer);
}
