import { deepEqual, equal, ok } from "node:assert/strict";
import type { Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import {
  isBusy,
  isEnded,
  isSettled,
  type PointerStatus,
  pointerTransitions,
  workflowTransitions,
} from "../instance/status.ts";
import type { Advance } from "../instance/transition.ts";
import type { TestStore } from "./testing_store.ts";

/** What must hold after every transition, whatever it is; `before` is what the store held. */
export function checkAdvance(
  before: InstanceState | null,
  { state, transition }: Advance,
  store: TestStore,
): void {
  checkHeader(before, transition.instance);
  for (const pointer of transition.pointers) checkMove(before?.pointers.get(pointer.id), pointer, store);
  // What the host knows is what another would read.
  const read = store.read();
  deepEqual(JSON.parse(JSON.stringify([...state.pointers])), [...read.pointers]);
  deepEqual(JSON.parse(JSON.stringify(state.instance.data)), read.instance.data);
  checkPointers(read);
  checkWaits(read, store);
  checkAlive(read, store);
}

function checkHeader(before: InstanceState | null, after: InstanceState["instance"]): void {
  const { status, sequence, epoch, forks, endedAt } = after;
  equal(sequence, (before?.instance.sequence ?? 0) + 1, "the sequence");
  ok(epoch >= (before?.instance.epoch ?? 0), "the epoch falls");
  for (const [scope, paths] of Object.entries(forks)) ok(paths > 0, `forks of ${scope}: ${paths}`);
  equal(isEnded(status), endedAt !== null, `endedAt ${endedAt} of a run that is ${status}`);
  if (before === null || before.instance.status === status) return;
  const from = before.instance.status;
  // Mail may bring several changes at once.
  const reachable = workflowTransitions[from].flatMap((next) => [next, ...workflowTransitions[next]]);
  ok(reachable.includes(status), `the run went from ${from} to ${status}`);
  if (isEnded(from)) ok(status === "Runnable" || from !== "Complete" && status === "Complete");
}

const reach = new Map<PointerStatus, Set<PointerStatus>>();

/** Where a pointer can get within one transition, before it settles for good. */
function reachable(from: PointerStatus): Set<PointerStatus> {
  let found = reach.get(from);
  if (found) return found;
  found = new Set(pointerTransitions[from]);
  for (const status of found) {
    if (!isSettled(status)) { for (const next of pointerTransitions[status]) found.add(next); }
  }
  reach.set(from, found);
  return found;
}

function checkMove(before: Pointer | undefined, after: Pointer, store: TestStore): void {
  const what = `activation ${after.id} of ${after.stepKey}`;
  if (before && before.status !== after.status) {
    // A store takes what has settled as opened again, and as nothing else.
    const allowed = isSettled(before.status)
      ? new Set(pointerTransitions[before.status])
      : reachable(before.status);
    ok(allowed.has(after.status), `${what} went from ${before.status} to ${after.status}`);
  }
  if (after.parent !== null && store.rows.has(after.id)) {
    ok(store.rows.has(after.parent), `${what} is inside nothing`);
  }
  if (before) {
    const { stepKey, parent, branch, saga, undoes, attempt } = before;
    deepEqual([after.stepKey, after.parent, after.branch, after.saga, after.undoes], [
      stepKey,
      parent,
      branch,
      saga,
      undoes,
    ]);
    ok(after.attempt >= attempt, `${what} counts its attempts backwards`);
  }
}

function checkPointers({ instance, pointers }: InstanceState): void {
  for (const pointer of pointers) {
    const { id, stepKey, status, dueAt, endedAt, join, wait, attempt, failures } = pointer;
    const what = `activation ${id} of ${stepKey}, ${status},`;
    ok(isSettled(status) === (endedAt !== null), `${what} has endedAt ${endedAt}`);
    if (isEnded(instance.status)) ok(isSettled(status), `${what} in a run that is ${instance.status}`);
    if (status === "Sleeping") ok(dueAt !== null, `${what} sleeps for ever`);
    if (status !== "Sleeping" && status !== "Waiting") equal(dueAt, null, `${what} is due`);
    if (isBusy(status)) ok(attempt > 0 && pointer.startedAt !== null, `${what} has never begun`);
    ok(failures <= attempt, `${what} failed ${failures} times in ${attempt} attempts`);
    if (join) {
      ok(join.done >= 0 && join.done <= join.total, `${what} has ${join.done} of ${join.total} branches`);
    }
    if (wait !== null && status === "Waiting") equal(join, null, `${what} waits for two things`);
    if (pointer.undoes !== null) ok(pointers.get(pointer.undoes), `${what} undoes what nobody knows`);
    if (pointer.parent !== null && !isSettled(status)) {
      const parent = pointers.get(pointer.parent);
      ok(parent && !isSettled(parent.status), `${what} is inside what is over`);
    }
  }
}

/** A wait is a subscription, and the other way round. */
function checkWaits({ pointers }: InstanceState, { waits }: TestStore): void {
  const waiting = [...pointers].filter(({ status, wait }) => status === "Waiting" && wait !== null);
  deepEqual(
    new Map(waiting.map(({ id, wait }) => [id, wait])),
    new Map([...waits].sort(([a], [b]) => a - b)),
  );
}

/** Nothing waits for something that cannot come. */
function checkAlive({ instance, pointers }: InstanceState, { hasMail }: TestStore): void {
  const { status, nextWake, owner, parkedReason, reason, ending } = instance;
  if (status === "Suspended") return void ok(reason !== null, "suspended without a reason");
  if (isEnded(status)) {
    deepEqual([nextWake, parkedReason], [null, null], `a run that is ${status} is still due`);
    // What came after its end has to be taken out by somebody.
    ok(owner === null || hasMail, `a run that is ${status} is kept by its owner`);
    if (status === "Complete") deepEqual([...pointers], [], "a complete run needs something");
    return;
  }
  if (parkedReason !== null) return void equal(nextWake, null);
  const open = [...pointers].filter((pointer) => !isSettled(pointer.status));
  if (ending !== null && nextWake === 0) return;
  ok(open.length > 0, "a run without anything open");
  const acts = ({ status, dueAt, wait }: Pointer): boolean =>
    isBusy(status) || status === "Pending" || dueAt !== null || status === "Waiting" && wait !== null;
  ok(open.some(acts), "a run that waits for nothing");
  if (pointers.busy > 0) ok(owner !== null, "something runs, and nobody runs it");
  const due = open.some(({ dueAt }) => dueAt !== null) || pointers.pending > 0 || pointers.busy > 0;
  ok(!due || nextWake !== null || hasMail, "nothing will wake it");
  if (ending !== null) return;
  const closing = open.some((pointer) => pointer.closing !== null);
  for (const pointer of open) {
    if (acts(pointer) || closing) continue;
    const inner = open.filter(({ parent }) => parent === pointer.id);
    const behind = pointer.attempt === 0 && pointer.status === "Waiting";
    ok(behind || inner.length > 0, `activation ${pointer.id} of ${pointer.stepKey} waits for nothing`);
  }
}
