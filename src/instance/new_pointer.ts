import type { Pointer } from "./instance.ts";

/** An activation that has not begun, but for what is its own. */
export const newPointer: Omit<Pointer, "stepKey" | "parent" | "branch" | "item"> = Object.freeze({
  id: 0,
  saga: null,
  undoes: null,
  status: "Pending",
  open: true,
  order: null,
  attempt: 0,
  failures: 0,
  dueAt: null,
  input: null,
  state: null,
  join: null,
  wait: null,
  event: null,
  closing: null,
  output: null,
  error: null,
  held: null,
  lockName: null,
  startedAt: null,
  endedAt: null,
});
