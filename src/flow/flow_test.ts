import { deepEqual, equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { getCode } from "../definition/code.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { NonRetryableError, RetryAfterError } from "../definition/errors.ts";
import type { Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { claimInstance, parkInstance, unparkInstance } from "./claim.ts";
import { readMail, retryInstance, terminateInstance } from "./control.ts";
import { wakeInstance } from "./wake.ts";
import { makeProgram, type Program } from "./program.ts";
import { recordHolding, settleFailure, settleSuccess } from "./settle.ts";
import { startInstance } from "./start.ts";

const step = () => {};
const definition = new WorkflowBuilder().startWith(step).name("One").then(step).name("Two").then(step).name(
  "Three",
)
  .build("three", 1);
const program = makeProgram(definition, getCode(definition).steps);
const retry = ErrorBehavior.retry({ interval: "1s", maxRetries: 2, backoff: 2 });

function moment(now: number, begin = true): Moment {
  return { now, random: 0, begin };
}

/** The same workflow, with another policy. */
function withPolicy(onError: ErrorPolicy): Program {
  return makeProgram({ ...definition, onError }, getCode(definition).steps);
}

function start(owner: string | null = "host", by: Program = program): InstanceState {
  return startInstance(
    {
      id: "run",
      definitionHash: "hash",
      data: { total: 1 },
      inputHash: "input",
      vars: {},
      reference: null,
      idempotencyKey: null,
      owner,
    },
    by,
    moment(1_000),
  ).state;
}

function succeed(state: InstanceState, id: number, now: number, begin = true): Advance {
  const output = { at: now };
  return settleSuccess(state, program, id, { output, change: (data) => data }, moment(now, begin));
}

function running(state: InstanceState): Pointer[] {
  return [...state.pointers].filter(({ status }) => status === "Running");
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
  deepEqual(Array.from(state.pointers, ({ id }) => id), [2]);
});

Deno.test("the last step's success completes the run and gives it up", () => {
  const two = succeed(start(), 1, 2_000).state;
  const { state, transition } = succeed(succeed(two, 2, 3_000).state, 3, 4_000);
  const { status, owner, endedAt, nextWake } = state.instance;
  deepEqual([status, owner, endedAt, nextWake], ["Complete", null, 4_000, null]);
  equal(transition.events.at(-1)?.type, "WorkflowCompleted");
});

Deno.test("a failure waits for its retry with growing pauses, and the run is free meanwhile", () => {
  const first = settleFailure(start(), withPolicy(retry), 1, new Error("no"), moment(2_000)).state;
  deepEqual([first.pointers.get(1)?.dueAt, first.instance.nextWake, first.instance.owner], [
    3_000,
    3_000,
    null,
  ]);
  const again = claimInstance(first, "other", program, moment(3_000)).state;
  const second = settleFailure(again, withPolicy(retry), 1, new Error("no"), moment(3_000)).state;
  equal(second.pointers.get(1)?.dueAt, 5_000);
});

Deno.test("a claim before the due time starts nothing", () => {
  const waiting = settleFailure(start(), withPolicy(retry), 1, new Error("no"), moment(2_000)).state;
  equal(running(claimInstance(waiting, "other", program, moment(2_999)).state).length, 0);
});

Deno.test("exhausted retries fail the run with the last error's detail", () => {
  let state = start();
  for (let failures = 0; failures < 3; failures++) {
    state = settleFailure(state, withPolicy(retry), 1, new TypeError(`no ${failures}`), moment(2_000)).state;
    if (failures < 2) state = claimInstance(state, "host", program, moment(100_000)).state;
  }
  equal(state.instance.status, "Failed");
  const { type, message, attempt, step } = state.instance.error!;
  deepEqual([type, message, attempt, step], ["TypeError", "no 2", 3, "One"]);
});

Deno.test("NonRetryableError ends the retries, RetryAfterError chooses the pause", () => {
  equal(
    settleFailure(start(), withPolicy(retry), 1, new NonRetryableError("x"), moment(0)).state.instance.status,
    "Failed",
  );
  const paused =
    settleFailure(start(), withPolicy(retry), 1, new RetryAfterError("x", 77), moment(1_000)).state;
  equal(paused.instance.nextWake, 1_077);
});

Deno.test("an interruption starts the body again and uses up no retry", () => {
  const counted = claimInstance(start(), "other", program, moment(9_000));
  deepEqual(counted.transition.events.map(({ type }) => type), ["StepInterrupted"]);
  equal(counted.state.instance.epoch, 2);
  equal(counted.transition.epoch, 1);
  const claimed = claimInstance(counted.state, "other", program, moment(9_000));
  const pointer = claimed.state.pointers.get(1)!;
  deepEqual([pointer.status, pointer.attempt, pointer.failures], ["Running", 2, 0]);
  deepEqual(claimed.transition.events.map(({ type }) => type), ["StepStarted"]);
});

Deno.test("the death of a host is noted before the run is taken up, so that it is claimed as what it is by then", () => {
  const { instance, pointers } = claimInstance(start(), "other", program, moment(9_000)).state;
  deepEqual([instance.owner, instance.crashes, instance.nextWake], [null, 1, 0]);
  equal(pointers.busy, 0);
});

Deno.test("what an interrupted attempt held is there for the next; a settled one holds nothing", () => {
  const holding = recordHolding(start(), 1, { held: { pid: 7 } }, moment(1_500)).state;
  const counted = claimInstance(holding, "other", program, moment(9_000)).state;
  const claimed = claimInstance(counted, "other", program, moment(9_000)).state;
  deepEqual(claimed.pointers.get(1)?.held, { pid: 7 });
  equal(succeed(claimed, 1, 9_500).transition.pointers[0]?.held, null);
});

Deno.test("where messages wait, a claim starts nothing before they are read", () => {
  const state = start(null);
  const mailed = { ...state, instance: { ...state.instance, inboxSeq: 1 } };
  const claimed = claimInstance(mailed, "host", program, moment(2_000)).state;
  equal(running(claimed).length, 0);
  equal(claimed.instance.owner, "host");
  const read = readMail(claimed, program, [{ seq: 1, kind: "suspend", reason: null }], moment(2_000)).state;
  deepEqual([read.instance.status, read.instance.owner, read.instance.inboxRead], ["Suspended", null, 1]);
});

Deno.test("resuming opens what failed into suspension, with its retries anew", () => {
  const suspended =
    settleFailure(start(), withPolicy(ErrorBehavior.suspend()), 1, new Error("no"), moment(2_000)).state;
  deepEqual([suspended.instance.status, suspended.instance.owner], ["Suspended", null]);
  const claimed = claimInstance(
    { ...suspended, instance: { ...suspended.instance, inboxSeq: 1 } },
    "h",
    program,
    moment(3_000),
  );
  const read = readMail(claimed.state, program, [{ seq: 1, kind: "resume", reason: null }], moment(3_000));
  const opened = read.state.pointers.get(1)!;
  deepEqual([read.state.instance.status, opened.status, opened.failures], ["Runnable", "Pending", 0]);
  const begun = wakeInstance(read.state, program, moment(3_000))!.state.pointers.get(1)!;
  deepEqual([begun.status, begun.attempt], ["Running", 2]);
});

Deno.test("what a message opens again is written before it begins, and before the next message is read", () => {
  const suspended =
    settleFailure(start(), withPolicy(ErrorBehavior.suspend()), 1, new Error("no"), moment(2_000)).state;
  const claimed = claimInstance(
    { ...suspended, instance: { ...suspended.instance, inboxSeq: 2 } },
    "h",
    program,
    moment(3_000),
  );
  const mail = [{ seq: 1, kind: "resume", reason: null }, { seq: 2, kind: "cancel", reason: null }] as const;
  const { state, transition } = readMail(claimed.state, program, mail, moment(3_000));
  equal(state.instance.inboxRead, 1);
  deepEqual(transition.pointers.map(({ status }) => status), ["Pending"]);
});

Deno.test("terminate ends the run under a higher epoch, so that its owner is fenced", () => {
  const { state, transition } = terminateInstance(start(), program, null, moment(2_000));
  deepEqual([state.instance.status, state.instance.epoch, transition.epoch], ["Terminated", 2, 1]);
  equal(transition.pointers[0]?.status, "Cancelled");
});

Deno.test("a retried run goes on from what failed, as a new attempt of the run", () => {
  const failed =
    settleFailure(start(), withPolicy(ErrorBehavior.fail()), 1, new Error("no"), moment(2_000)).state;
  const { state } = retryInstance(failed, program, moment(3_000));
  deepEqual([state.instance.status, state.instance.attempt, state.instance.nextWake], ["Runnable", 2, 0]);
  equal(running(claimInstance(state, "host", program, moment(3_000)).state)[0]?.attempt, 2);
});

Deno.test("a complete run cannot be opened again", () => {
  const end = succeed(succeed(succeed(start(), 1, 2).state, 2, 3).state, 3, 4).state;
  throws(() => retryInstance(end, program, moment(5)), /cannot go from Complete to Runnable/);
});

Deno.test("a parked run is due at no time, and counts no attempt that never began", () => {
  const parked = start("host", makeProgram(definition, new Map()));
  deepEqual([parked.instance.nextWake, parked.instance.parkedReason, parked.instance.owner], [
    null,
    'step "One" of workflow "three" version 1 has no body in this program',
    null,
  ]);
  equal(parked.pointers.get(1)?.attempt, 0);
  equal(unparkInstance(parked, moment(3_000)).state.instance.nextWake, 0);
});

Deno.test("a run that is parked while a step runs counts the attempt, and starts it again", () => {
  const parked = parkInstance(start(), "its result is refused", moment(2_000)).state;
  const { parkedReason, nextWake, owner } = parked.instance;
  deepEqual([parkedReason, nextWake, owner], ["its result is refused", null, null]);
  const claimed = claimInstance(parked, "other", program, moment(3_000)).state;
  deepEqual([claimed.instance.parkedReason, running(claimed)[0]?.attempt], [null, 2]);
});
