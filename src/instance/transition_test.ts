import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { NonRetryableError, RetryAfterError } from "../definition/errors.ts";
import { claimInstance, parkInstance, releaseInstance, unparkInstance } from "./claim.ts";
import { readMail, retryInstance, terminateInstance } from "./control.ts";
import type { InstanceState, Pointer } from "./instance.ts";
import { holdResource, settleFailure, settleSleep, settleSuccess } from "./settle.ts";
import { startInstance } from "./start.ts";
import { isEnded, workflowTransitions } from "./status.ts";
import type { Advance, Moment } from "./transition.ts";

const step = () => {};
const definition = new WorkflowBuilder().startWith(step).name("One").then(step).name("Two").then(step).name(
  "Three",
)
  .build("three", 1);
const retry = ErrorBehavior.retry({ interval: "1s", maxRetries: 2, backoff: 2 });

function moment(now: number, begin = true): Moment {
  return { now, random: 0, begin };
}

function start(owner: string | null = "host"): InstanceState {
  return startInstance({
    id: "run",
    definition,
    definitionHash: "hash",
    data: { total: 1 },
    inputHash: "input",
    vars: {},
    reference: null,
    idempotencyKey: null,
    owner,
  }, moment(1_000)).state;
}

function succeed(state: InstanceState, id: number, now: number, begin = true): Advance {
  const output = { at: now };
  return settleSuccess(state, definition, id, { output, change: (data) => data }, moment(now, begin));
}

function running(state: InstanceState): Pointer[] {
  return [...state.pointers.values()].filter(({ status }) => status === "Running");
}

Deno.test("starting on a host writes the first activation as Running already", () => {
  const { instance, pointers } = start();
  deepEqual([instance.status, instance.owner, instance.epoch, instance.sequence], ["Runnable", "host", 1, 1]);
  deepEqual([pointers.get(1)?.stepKey, pointers.get(1)?.status, pointers.get(1)?.attempt], [
    "One",
    "Running",
    1,
  ]);
});

Deno.test("a success records the output and starts the next step in the same transition", () => {
  const { transition, state } = succeed(start(), 1, 2_000);
  deepEqual(transition.pointers.map(({ stepKey, status }) => [stepKey, status]), [
    ["One", "Complete"],
    ["Two", "Running"],
  ]);
  deepEqual(transition.events.map(({ type }) => type), ["StepCompleted", "StepStarted"]);
  deepEqual(transition.pointers[0]?.output, { at: 2_000 });
  equal(transition.dataChanged, false);
  deepEqual([...state.pointers.keys()], [2]);
});

Deno.test("the last step's success completes the run and gives it up", () => {
  const two = succeed(start(), 1, 2_000).state;
  const { state, transition } = succeed(succeed(two, 2, 3_000).state, 3, 4_000);
  const { status, owner, endedAt, nextWake } = state.instance;
  deepEqual([status, owner, endedAt, nextWake], ["Complete", null, 4_000, null]);
  equal(transition.events.at(-1)?.type, "WorkflowCompleted");
});

Deno.test("a failure waits for its retry with growing pauses, and the run is free meanwhile", () => {
  const first = settleFailure(start(), 1, new Error("no"), retry, moment(2_000)).state;
  deepEqual([first.pointers.get(1)?.dueAt, first.instance.nextWake, first.instance.owner], [
    3_000,
    3_000,
    null,
  ]);
  const again = claimInstance(first, "other", moment(3_000)).state;
  const second = settleFailure(again, 1, new Error("no"), retry, moment(3_000)).state;
  equal(second.pointers.get(1)?.dueAt, 5_000);
});

Deno.test("a claim before the due time starts nothing", () => {
  const waiting = settleFailure(start(), 1, new Error("no"), retry, moment(2_000)).state;
  equal(running(claimInstance(waiting, "other", moment(2_999)).state).length, 0);
});

Deno.test("exhausted retries fail the run with the last error's detail", () => {
  let state = start();
  for (let failures = 0; failures < 3; failures++) {
    state = settleFailure(state, 1, new TypeError(`no ${failures}`), retry, moment(2_000)).state;
    if (failures < 2) state = claimInstance(state, "host", moment(100_000)).state;
  }
  equal(state.instance.status, "Failed");
  const { type, message, attempt, step } = state.instance.error!;
  deepEqual([type, message, attempt, step], ["TypeError", "no 2", 3, "One"]);
});

Deno.test("NonRetryableError ends the retries, RetryAfterError chooses the pause", () => {
  equal(
    settleFailure(start(), 1, new NonRetryableError("x"), retry, moment(0)).state.instance.status,
    "Failed",
  );
  const paused = settleFailure(start(), 1, new RetryAfterError("x", 77), retry, moment(1_000)).state;
  equal(paused.instance.nextWake, 1_077);
});

Deno.test("an interruption starts the body again and uses up no retry", () => {
  const claimed = claimInstance(start(), "other", moment(9_000));
  const pointer = claimed.state.pointers.get(1)!;
  deepEqual([pointer.status, pointer.attempt, pointer.failures], ["Running", 2, 0]);
  equal(claimed.state.instance.epoch, 2);
  equal(claimed.transition.epoch, 1);
  deepEqual(claimed.transition.events.map(({ type }) => type), ["StepInterrupted", "StepStarted"]);
});

Deno.test("what an interrupted attempt held is there for the next; a settled one holds nothing", () => {
  const holding = holdResource(start(), 1, { pid: 7 }, moment(1_500)).state;
  const claimed = claimInstance(holding, "other", moment(9_000)).state;
  deepEqual(claimed.pointers.get(1)?.held, { pid: 7 });
  equal(succeed(claimed, 1, 9_500).transition.pointers[0]?.held, null);
});

Deno.test("where messages wait, a claim starts nothing before they are read", () => {
  const state = start(null);
  const mailed = { ...state, instance: { ...state.instance, inboxSeq: 1 } };
  const claimed = claimInstance(mailed, "host", moment(2_000)).state;
  equal(running(claimed).length, 0);
  equal(claimed.instance.owner, "host");
  const read = readMail(claimed, [{ seq: 1, intent: "suspend", reason: null }], moment(2_000)).state;
  deepEqual([read.instance.status, read.instance.owner, read.instance.inboxRead], ["Suspended", null, 1]);
});

Deno.test("resuming opens what failed into suspension, with its retries anew", () => {
  const suspended = settleFailure(start(), 1, new Error("no"), ErrorBehavior.suspend(), moment(2_000)).state;
  deepEqual([suspended.instance.status, suspended.instance.owner], ["Suspended", null]);
  const claimed = claimInstance(
    { ...suspended, instance: { ...suspended.instance, inboxSeq: 1 } },
    "h",
    moment(3_000),
  );
  const resumed = readMail(claimed.state, [{ seq: 1, intent: "resume", reason: null }], moment(3_000)).state;
  const pointer = resumed.pointers.get(1)!;
  deepEqual([resumed.instance.status, pointer.status, pointer.attempt, pointer.failures], [
    "Runnable",
    "Running",
    2,
    0,
  ]);
});

Deno.test("terminate ends the run under a higher epoch, so that its owner is fenced", () => {
  const { state, transition } = terminateInstance(start(), null, moment(2_000));
  deepEqual([state.instance.status, state.instance.epoch, transition.epoch], ["Terminated", 2, 1]);
  equal(transition.pointers[0]?.status, "Cancelled");
});

Deno.test("a retried run goes on from what failed, as a new attempt of the run", () => {
  const failed = settleFailure(start(), 1, new Error("no"), ErrorBehavior.fail(), moment(2_000)).state;
  const { state } = retryInstance(failed, moment(3_000));
  deepEqual([state.instance.status, state.instance.attempt, state.instance.nextWake], ["Runnable", 2, 0]);
  equal(running(claimInstance(state, "host", moment(3_000)).state)[0]?.attempt, 2);
});

Deno.test("a complete run cannot be opened again", () => {
  const end = succeed(succeed(succeed(start(), 1, 2).state, 2, 3).state, 3, 4).state;
  throws(() => retryInstance(end, moment(5)), /cannot go from Complete to Runnable/);
});

Deno.test("a parked run is due at no time, and counts no attempt that never began", () => {
  const parked = parkInstance(start(), "no body", moment(2_000)).state;
  deepEqual([parked.instance.nextWake, parked.instance.parkedReason, parked.instance.owner], [
    null,
    "no body",
    null,
  ]);
  equal(parked.pointers.get(1)?.attempt, 0);
  equal(unparkInstance(parked, moment(3_000)).state.instance.nextWake, 0);
});

/** What may happen to a run, as functions of its state; null where it cannot happen now. */
const happenings: readonly ((state: InstanceState, now: number) => Advance | null)[] = [
  (state, now) => running(state)[0] ? succeed(state, running(state)[0]!.id, now) : null,
  (state, now) => running(state)[0] ? succeed(state, running(state)[0]!.id, now, false) : null,
  (state, now) =>
    running(state)[0]
      ? settleFailure(state, running(state)[0]!.id, new Error("x"), retry, moment(now))
      : null,
  (state, now) =>
    running(state)[0]
      ? settleFailure(state, running(state)[0]!.id, "x", ErrorBehavior.suspend(), moment(now))
      : null,
  (state, now) =>
    running(state)[0]
      ? settleSleep(state, running(state)[0]!.id, { duration: 50, state: 1 }, moment(now))
      : null,
  (state, now) => isEnded(state.instance.status) ? null : claimInstance(state, "next", moment(now)),
  (state, now) => state.instance.owner ? releaseInstance(state, moment(now, false)) : null,
  (state, now) => state.instance.owner ? parkInstance(state, "no body", moment(now, false)) : null,
  (state, now) => state.instance.parkedReason ? unparkInstance(state, moment(now, false)) : null,
  (state, now) => isEnded(state.instance.status) ? null : terminateInstance(state, null, moment(now)),
  (state, now) =>
    state.instance.error && state.instance.status !== "Suspended" ? retryInstance(state, moment(now)) : null,
  ...(["suspend", "resume", "cancel"] as const).map((intent) => (state: InstanceState, now: number) => {
    if (state.instance.owner === null || running(state).length > 0) return null;
    return readMail(state, [{ seq: state.instance.inboxRead + 1, intent, reason: null }], moment(now));
  }),
];

Deno.test("whatever happens to a run, it moves by the table, is never orphaned, and every change is numbered", () => {
  const schedule = fc.array(fc.tuple(fc.nat(happenings.length - 1), fc.nat(200)), { maxLength: 60 });
  fc.assert(
    fc.property(schedule, (happened) => {
      let state = start();
      let now = 1_000;
      for (const [index, passed] of happened) {
        now += passed;
        const advance = happenings[index]!(state, now);
        if (!advance) continue;
        checkAdvance(state, advance);
        state = advance.state;
      }
    }),
    { numRuns: 1_000 },
  );
});

function checkAdvance(before: InstanceState, { state, transition }: Advance): void {
  const { status, owner, sequence, epoch, nextWake, parkedReason } = state.instance;
  equal(sequence, before.instance.sequence + 1);
  equal(transition.epoch, before.instance.epoch);
  ok(epoch >= transition.epoch);
  ok(status === before.instance.status || workflowTransitions[before.instance.status].includes(status));
  const alive = owner !== null || nextWake !== null || parkedReason !== null || status === "Suspended";
  ok(isEnded(status) !== alive, `a run that is ${status} is orphaned, or an ended one is still due`);
  ok(!isEnded(status) || [...state.pointers.values()].every((pointer) => pointer.endedAt !== null));
}
