import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import type { Pointer, PublishedEvent } from "./instance.ts";
import type { InstanceState } from "./instance_state.ts";
import {
  isBusy,
  isEnded,
  isSettled,
  type PointerStatus,
  pointerTransitions,
  type WorkflowStatus,
  workflowTransitions,
} from "./status.ts";
import { at, makeInstance, makePointer, makeState } from "./testing_state.ts";
import { Change } from "./transition.ts";

const runStatuses = Object.keys(workflowTransitions) as WorkflowStatus[];
const statuses = Object.keys(pointerTransitions) as PointerStatus[];
const place = { stepKey: "step", parent: null, branch: 0, item: null };

function event(seq: number, key = "key"): PublishedEvent {
  return { seq, name: "paid", key, data: null, time: 0 };
}

Deno.test("a run moves as the table says, and in no other way", () => {
  fc.assert(fc.property(fc.constantFrom(...runStatuses), fc.constantFrom(...runStatuses), (from, to) => {
    const change = new Change(makeState([], { status: from }), at(0));
    if (workflowTransitions[from].includes(to)) {
      change.moveRun(to);
      equal(change.done().state.instance.status, to);
    } else {
      throws(() => change.moveRun(to), { message: `A run cannot go from ${from} to ${to}` });
      equal(change.instance.status, from);
    }
  }));
});

Deno.test("an activation moves as the table says, or changes within its status until it has settled", () => {
  fc.assert(fc.property(fc.constantFrom(...statuses), fc.constantFrom(...statuses), (from, to) => {
    const change = new Change(makeState([makePointer({ status: from })]), at(0));
    const isAllowed = pointerTransitions[from].includes(to) || from === to && !isSettled(from);
    if (isAllowed) equal(change.movePointer(1, to, { state: 5 }), change.find(1));
    else throws(() => change.movePointer(1, to), { message: `A pointer cannot go from ${from} to ${to}` });
    deepEqual([change.pointer(1).status, change.pointer(1).state], isAllowed ? [to, 5] : [from, null]);
  }));
});

Deno.test("an activation that settles is over: it holds nothing, is not due, and has its place in the order", () => {
  const running = makePointer({ status: "Running", dueAt: 5, held: { pid: 7 } });
  const change = new Change(makeState([running], { sequence: 3 }), at(2_000));
  const { open, held, dueAt, endedAt, order } = change.movePointer(1, "Complete");
  deepEqual([open, held, dueAt, endedAt, order], [false, null, null, 2_000, 4]);
  const { state, transition } = change.done();
  deepEqual([[...state.pointers], transition.sequence, state.instance.sequence], [[], 4, 4]);
});

Deno.test("an activation that is asked for and not known is a defect, and is said to be one", () => {
  const change = new Change(makeState([makePointer()]), at(0));
  throws(() => change.pointer(7), { message: "Run run has no open pointer 7" });
  throws(() => change.movePointer(7, "Running"), /no open pointer 7/);
  equal(change.find(7), undefined);
});

Deno.test("what has settled can be kept by the run, and be released later", () => {
  const first = new Change(makeState([makePointer({ status: "Running" })]), at(0));
  first.movePointer(1, "Complete");
  first.keep(1);
  const kept = first.done().state;
  equal(kept.pointers.get(1)?.status, "Complete");

  const second = new Change({ ...kept, instance: { ...kept.instance } }, at(1));
  equal(second.touches, false);
  second.release(1);
  equal(second.touches, true);
  equal(second.find(1), undefined);
  const { state, transition } = second.done();
  deepEqual([transition.pointers, transition.released, state.pointers.size], [[], [1], 0]);
});

Deno.test("what settles and is released within one transition is written once, as over", () => {
  const change = new Change(makeState([makePointer({ status: "Running" })]), at(0));
  change.movePointer(1, "Complete", { open: true });
  equal(change.pointers.size, 1);
  change.release(1);
  const { transition } = change.done();
  deepEqual(transition.pointers.map(({ open }) => open), [false]);
  deepEqual(transition.released, []);
});

Deno.test("releasing what nobody needs is nothing", () => {
  const change = new Change(makeState([]), at(0));
  change.release(7);
  equal(change.touches, false);
  deepEqual(change.done().transition.released, []);
});

Deno.test("new activations are numbered on from the run's last one", () => {
  const change = new Change(makeState([makePointer({ id: 4 })]), at(0));
  deepEqual([change.create(place).id, change.create({ ...place, status: "Waiting" }).id], [5, 6]);
  const { state, transition } = change.done();
  deepEqual([transition.firstNew, state.instance.nextPointer], [5, 7]);
  deepEqual([...state.pointers].map(({ id, status }) => [id, status]), [
    [4, "Pending"],
    [5, "Pending"],
    [6, "Waiting"],
  ]);
});

Deno.test("a wait that ends in the transition in which it began leaves no trace", () => {
  const wait = { name: "paid", key: "7", since: 0 };
  const change = new Change(makeState([makePointer(), makePointer({ id: 2 })]), at(0));
  change.subscribe(1, wait);
  change.unsubscribe(1);
  change.unsubscribe(2);
  const { subscribed, unsubscribed } = change.done().transition;
  deepEqual([subscribed, unsubscribed], [[], [2]]);
});

Deno.test("an event is taken once, and none that came before it afterwards", () => {
  const change = new Change({ ...makeState(), cursors: new Map([['["paid","key"]', 3]]) }, at(0));
  deepEqual([3, 4].map((seq) => change.hasTaken(event(seq))), [true, false]);
  change.take(event(5));
  deepEqual([4, 5, 6].map((seq) => change.hasTaken(event(seq))), [true, true, false]);
  equal(change.hasTaken(event(1, "other")), false);
  const { state, transition } = change.done();
  deepEqual(transition.taken, [{ name: "paid", key: "key", seq: 5 }]);
  equal(new Change(state, at(1)).hasTaken(event(5)), true);
});

Deno.test("a run remembers the last thousand names and keys of which it took an event, however many there are", () => {
  let state: InstanceState = makeState();
  const take = (seq: number, key: string) => {
    const change = new Change(state, at(0));
    change.take(event(seq, key));
    state = change.done().state;
  };
  for (let seq = 1; seq <= 1_000; seq++) take(seq, `${seq}`);
  take(1_001, "1");
  take(1_002, "new");
  equal(state.cursors.size, 1_000);
  // Longest ago is what was taken longest ago, not what came first.
  deepEqual(["1", "2", "3"].map((key) => state.cursors.get(`["paid","${key}"]`)), [1_001, undefined, 3]);
});

Deno.test("a body is told to stop only if it still runs when the transition is written", () => {
  const change = new Change(
    makeState([1, 2].map((id) => makePointer({ id, status: "Running" }))),
    at(0),
  );
  change.abort(1);
  change.abort(2);
  change.movePointer(1, "Cancelled", { open: true });
  deepEqual(change.done().transition.aborted, [2]);
});

Deno.test("what is published and which branches are forgotten is written in the order in which it was asked for", () => {
  const change = new Change(makeState(), at(0));
  const events = ["a", "b"].map((name) => ({ name, key: "k", data: null, time: null, messageId: null }));
  const scopes = [0, 1].map((branch) => ({ parent: 7, branch }));
  events.forEach((published) => change.publish(published));
  scopes.forEach((scope) => change.fold(scope));
  const { transition } = change.done();
  deepEqual([transition.published, transition.folded], [events, scopes]);
});

Deno.test("data is written when it has changed, and not else", () => {
  const change = new Change(makeState([makePointer({ status: "Running" })]), at(0));
  equal(change.done().transition.dataChanged, false);
  change.set({ data: { total: 1 } });
  equal(change.done().transition.dataChanged, true);
});

Deno.test("what is told carries the run, the transition and the time; an error only where it is about one", () => {
  const error = { type: "Error", message: "no", code: null, stack: null, step: "step", attempt: 1 };
  const pointer = makePointer({ status: "Running", attempt: 1, startedAt: 5, error });
  const change = new Change(makeState([pointer], { sequence: 8 }), at(10));
  change.tellRun("WorkflowStarted");
  change.tellRun("WorkflowSuspended", "looks odd");
  for (const type of ["StepFailed", "StepRetrying", "StepStarted"] as const) change.tellStep(type, pointer);
  equal(change.touches, true);
  const { events } = change.done().transition;
  const base = { runId: "run", definitionId: "test", sequence: 9, at: 10 };
  deepEqual(events.slice(0, 2), [
    { type: "WorkflowStarted", ...base, reason: null },
    { type: "WorkflowSuspended", ...base, reason: "looks odd" },
  ]);
  deepEqual(events.slice(2).map((told) => "error" in told && told.error), [error, error, null]);
  deepEqual(events[4], {
    type: "StepStarted",
    ...base,
    pointerId: 1,
    stepKey: "step",
    undoes: null,
    attempt: 1,
    startedAt: 5,
    output: null,
    error: null,
    dueAt: null,
  });
});

/** When the run is looked at next, and by whom it is kept. */
function closed(
  pointers: readonly Partial<Pointer>[],
  given: Partial<InstanceState["instance"]> = {},
  keepOwner = false,
): readonly [nextWake: number | null, owner: string | null] {
  const rows = pointers.map((pointer, index) => makePointer({ id: index + 1, ...pointer }));
  const change = new Change(makeState(rows, given), at(0));
  const { nextWake, owner } = (keepOwner ? change.done(true) : change.done()).state.instance;
  return [nextWake, owner];
}

const ending = { status: "Failed", error: null, reason: null, by: null, undo: null } as const;

Deno.test("a run is due at once for what is ready, later for what sleeps, else never", () => {
  deepEqual(closed([{ status: "Running" }, { status: "Sleeping", dueAt: 5 }]), [0, "host"]);
  deepEqual(closed([{ status: "Pending" }]), [0, "host"]);
  deepEqual(closed([{ status: "Sleeping", dueAt: 9 }, { status: "Waiting", dueAt: 5 }]), [5, null]);
  deepEqual(closed([{ status: "Waiting" }]), [null, null]);
  deepEqual(closed([{ status: "Waiting" }], { ending }), [0, null]);
  deepEqual(closed([{ status: "Waiting", dueAt: 5 }], { ending }), [5, null]);
});

Deno.test("a run that is suspended, parked or over is not due; its owner keeps it only for what still runs", () => {
  deepEqual(closed([{ status: "Pending" }], { status: "Suspended" }), [null, null]);
  deepEqual(closed([{ status: "Running" }], { status: "Suspended" }), [null, "host"]);
  deepEqual(closed([{ status: "Pending" }], { parkedReason: "no body" }), [null, null]);
  deepEqual(closed([], { status: "Complete" }), [null, null]);
});

Deno.test("an owner that has more to commit keeps the run, but not one that ends, nor one without mail behind it", () => {
  deepEqual(closed([{ status: "Waiting" }], {}, true), [null, "host"]);
  deepEqual(closed([], { status: "Failed", inboxSeq: 2, inboxRead: 1 }, true), [null, "host"]);
  deepEqual(closed([], { status: "Failed", inboxSeq: 2, inboxRead: 2 }, true), [null, null]);
  const change = new Change(makeState([], { inboxSeq: 2, inboxRead: 1 }), at(0));
  change.moveRun("Complete");
  equal(change.done(true).state.instance.owner, null);
});

/** A random act on a change: a number chooses the activation, another what is done with it. */
const acts = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 30 });

function act(change: Change, which: number, what: number): void {
  const known = [...change.pointers];
  const pointer = known[which % Math.max(known.length, 1)];
  if (what < 8 || !pointer) return void change.create({ ...place, item: what });
  const next = pointerTransitions[pointer.status];
  const status = next[what % Math.max(next.length, 1)];
  if (what === 30 && isSettled(pointer.status)) change.release(pointer.id);
  else if (what === 29) change.keep(pointer.id);
  else if (what === 28 && isBusy(pointer.status)) change.abort(pointer.id);
  else if (what === 27) change.publish({ name: "n", key: "k", data: what, time: null, messageId: null });
  else if (status) change.movePointer(pointer.id, status, what % 3 === 0 ? { open: true } : {});
}

Deno.test("what is written is what the host knows, and what was there before stays as it was", () => {
  fc.assert(fc.property(fc.array(acts, { maxLength: 10 }), (transitions) => {
    let state: InstanceState = makeState();
    const rows = new Map<number, Pointer>();
    for (const [index, given] of transitions.entries()) {
      const before = structuredClone([[...state.pointers], state.instance]);
      const change = new Change(state, at(index));
      for (const [which, what] of given) act(change, which, what);
      const { state: after, transition } = change.done();
      deepEqual([[...state.pointers], state.instance], before);

      ok(transition.pointers.every(({ id }) => id >= transition.firstNew || rows.has(id)));
      for (const pointer of transition.pointers) rows.set(pointer.id, pointer);
      for (const id of transition.released) rows.set(id, { ...rows.get(id)!, open: false });
      deepEqual(
        [...after.pointers],
        [...rows.values()].filter(({ open }) => open).sort((a, b) => a.id - b.id),
      );
      deepEqual([transition.sequence, transition.epoch], [state.instance.sequence + 1, state.instance.epoch]);
      ok(transition.aborted.every((id) => isBusy(rows.get(id)!.status)));
      // A later look at the same change finds the same.
      deepEqual(change.done().transition.pointers, transition.pointers);
      state = { ...after, instance: makeInstance({ ...after.instance, owner: "host" }) };
    }
  }));
});

Deno.test("the header of a change is a copy: the state it was made from stays as it was", () => {
  const before = makeState();
  const change = new Change(before, at(0));
  change.moveRun("Suspended");
  change.set({ reason: "asked" });
  deepEqual([before.instance.status, before.instance.reason], ["Runnable", null]);
  notEqual(change.instance, before.instance);
  equal(isEnded(change.instance.status), false);
});
