import { deepEqual, equal, ok } from "node:assert/strict";
import {
  isBusy,
  isEnded,
  isSettled,
  type PointerStatus,
  pointerTransitions,
  type WorkflowStatus,
  workflowTransitions,
} from "./status.ts";

const runs = Object.keys(workflowTransitions) as WorkflowStatus[];
const pointers = Object.keys(pointerTransitions) as PointerStatus[];

/** Everything that can be reached from a status, in any number of moves. */
function reachable<Status extends string>(
  from: Status,
  table: Readonly<Record<Status, readonly Status[]>>,
): ReadonlySet<Status> {
  const found = new Set([from]);
  for (const status of found) for (const next of table[status]) found.add(next);
  return found;
}

Deno.test("a run ends as Complete, Failed, Terminated or Cancelled; a suspended one has not ended", () => {
  deepEqual(runs.filter(isEnded), ["Complete", "Failed", "Terminated", "Cancelled"]);
});

Deno.test("a complete run is final, and retrying is the only way out of another end", () => {
  deepEqual(runs.filter(isEnded).map((status) => [status, workflowTransitions[status]]), [
    ["Complete", []],
    ["Failed", ["Runnable"]],
    ["Terminated", ["Runnable"]],
    ["Cancelled", ["Runnable"]],
  ]);
});

Deno.test("a run that has not ended can be brought to any end", () => {
  for (const status of runs.filter((status) => !isEnded(status))) {
    for (const end of runs.filter(isEnded)) ok(workflowTransitions[status].includes(end), `${status} ${end}`);
  }
});

Deno.test("a complete activation is final; another that has settled can only be opened again", () => {
  equal(pointerTransitions.Complete.length, 0);
  for (const status of pointers.filter(isSettled)) {
    for (const next of pointerTransitions[status]) {
      ok(["Pending", "Waiting"].includes(next), `${status} ${next}`);
    }
  }
});

Deno.test("an activation that is open can be cut short, whatever it does", () => {
  for (const status of pointers.filter((status) => !isSettled(status))) {
    ok(pointerTransitions[status].includes("Cancelled"), status);
  }
});

Deno.test("a body is called only in what was Pending: nothing begins behind the back of its host", () => {
  const before = (status: PointerStatus) =>
    pointers.filter((from) => pointerTransitions[from].includes(status));
  deepEqual(before("Running"), ["Pending"]);
  deepEqual(before("Compensating"), ["Pending"]);
  deepEqual(pointers.filter(isBusy), ["Running", "Compensating"]);
});

Deno.test("both tables have a way to each status, and move nothing to the status it has", () => {
  deepEqual(reachable("Runnable", workflowTransitions), new Set(runs));
  deepEqual(reachable("Pending", pointerTransitions), new Set(pointers));
  for (const status of runs) ok(!workflowTransitions[status].includes(status), status);
  for (const status of pointers) ok(!pointerTransitions[status].includes(status), status);
});
