import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { Mail } from "../instance/instance.ts";
import { readMail } from "./control.ts";
import { Scene } from "./testing_scene.ts";

/** Two waits for one name and key, one behind the other. */
const twice = new WorkflowBuilder().waitFor("paid", "7").name("First").waitFor("paid", "7").name("Second")
  .build("w", 1);

/** A message that an event was published. */
function letter(seq: number, event: { seq: number; time?: number }, cursor = 0): Mail {
  return {
    seq,
    kind: "event",
    cursor,
    event: { name: "paid", key: "7", data: event.seq, time: 1_000, ...event },
  };
}

/** Keys of the steps that have completed, as the run is after some mail. */
function completed(scene: Scene, mail: readonly Mail[], deaf?: ReadonlySet<number>): readonly string[] {
  const { transition } = readMail(scene.state, scene.program, mail, scene.moment, deaf);
  return transition.pointers.filter(({ status }) => status === "Complete").map(({ stepKey, output }) =>
    `${stepKey} ${output}`
  );
}

Deno.test("an event that comes twice is taken once", () => {
  deepEqual(completed(new Scene(twice), [letter(1, { seq: 5 }), letter(2, { seq: 5 })]), ["First 5"]);
  const scene = new Scene(twice);
  scene.publish("paid", "7", "a");
  scene.readMail();
  equal(scene.row("First").status, "Complete");
  deepEqual(completed(scene, [letter(2, { seq: 1 })]), [], "the store has not heard yet that it was taken");
});

Deno.test("an event that the store knows to be taken, or one before it, is nobody's any more", () => {
  const scene = new Scene(twice);
  deepEqual(completed(scene, [letter(1, { seq: 5 }, 5)]), []);
  deepEqual(completed(scene, [letter(1, { seq: 4 }, 5)]), []);
  deepEqual(completed(scene, [letter(1, { seq: 6 }, 5)]), ["First 6"]);
});

Deno.test("an event from before `since` passes a wait by, and is for one that looks further back", () => {
  const definition = new WorkflowBuilder().parallel((p) =>
    p.branch((b) => b.waitFor("paid", "7", { since: 900 }).name("Late"))
      .branch((b) => b.waitFor("paid", "7", { since: 500 }).name("Early"))
  ).build("w", 1);
  deepEqual(completed(new Scene(definition), [letter(1, { seq: 5, time: 600 })]), ["Early 5"]);
  deepEqual(completed(new Scene(definition), [letter(1, { seq: 5, time: 400 })]), []);
});

Deno.test("events that come out of order are taken in the order of publishing", () => {
  deepEqual(completed(new Scene(twice), [letter(1, { seq: 6 }), letter(2, { seq: 5 })]), ["First 5"]);
});

Deno.test("a wait that may have an earlier event coming begins to wait anew, so that the first is sent first", () => {
  const scene = new Scene(twice);
  const { transition, state } = readMail(
    scene.state,
    scene.program,
    [letter(1, { seq: 6 })],
    scene.moment,
    new Set([1]),
  );
  deepEqual([transition.unsubscribed, transition.subscribed.map(({ pointerId }) => pointerId)], [[1], [1]]);
  deepEqual([transition.taken, state.instance.inboxRead], [[], 1]);
});

Deno.test("asking for what is so already changes nothing, and does not tell anybody", () => {
  const scene = new Scene(twice);
  scene.send("resume");
  scene.send("suspend", "by hand");
  scene.send("suspend", "again");
  equal(scene.run.reason, "by hand");
  deepEqual(scene.told.filter(({ type }) => /Suspended|Resumed/.test(type)).map(({ type }) => type), [
    "WorkflowSuspended",
  ]);
});

Deno.test("control without words says by itself why a run stands still or has ended", () => {
  const reasonAfter = (act: (scene: Scene) => void) => {
    const scene = new Scene(twice);
    act(scene);
    return [scene.run.status, scene.run.reason];
  };
  deepEqual(reasonAfter((scene) => scene.send("suspend")), ["Suspended", "suspended on request"]);
  deepEqual(reasonAfter((scene) => scene.send("cancel")), ["Cancelled", "cancelled on request"]);
  deepEqual(reasonAfter((scene) => scene.terminate()), ["Terminated", "terminated on request"]);
});

Deno.test("a message that comes after the end is taken out and does nothing", () => {
  const scene = new Scene(twice);
  const mail: Mail[] = [
    { seq: 1, kind: "cancel", reason: null },
    { seq: 2, kind: "suspend", reason: null },
    letter(3, { seq: 5 }),
  ];
  const { state } = readMail(scene.state, scene.program, mail, scene.moment);
  deepEqual([state.instance.status, state.instance.inboxRead], ["Cancelled", 3]);
});

Deno.test("a run that was cancelled behind its last step, by cancelWhen alone, is complete when it is retried", () => {
  const definition = new WorkflowBuilder<{ readonly stop: boolean }>()
    .startWith((ctx) => ctx.set({ stop: true })).name("Stop")
    .waitFor("never", "1").name("Wait").cancelWhen((data) => data.stop)
    .build("w", 1);
  const scene = new Scene(definition, { data: { stop: false } }).finish();
  equal(scene.run.status, "Complete");
  deepEqual(scene.history.slice(-1), ["Skipped Wait"]);
});

/** What an executor's own config calls like an option of the engine is none. */
const split = { type: "machines", config: { concurrency: 1, errors: "wait" } };

function fleet(fail: boolean) {
  const ran: unknown[] = [];
  const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() })
    .startWith(split).name("Split").do((b) =>
      b.then((ctx) => {
        ran.push(ctx.item);
        if (fail && ctx.item === 1) throw new Error("no");
      }).name("Work")
    ).build("w", 1);
  return { ran, scene: new Scene(definition), values: [1, 2, 3] };
}

Deno.test("the branches of an executor's step are limited by nothing in its config, also when the run is retried", () => {
  const { ran, scene, values } = fleet(false);
  // The host stops: branches are made, and none begins.
  scene.begin = false;
  scene.apply(scene.answer(scene.busy[0]!, ExecutionResult.branch(values)));
  scene.terminate();
  scene.begin = true;
  scene.retry();
  deepEqual(scene.rows("Work").map(({ status }) => status), ["Pending", "Pending", "Pending"]);
  scene.claim();
  while (scene.busy.length > 0 && ran.length < 3) scene.settle();
  deepEqual(ran, values);
});

Deno.test("a failing branch of an executor's step cancels the others, whatever its config calls `errors`", () => {
  const { scene, values } = fleet(true);
  scene.apply(scene.answer(scene.busy[0]!, ExecutionResult.branch(values)));
  scene.settleAll();
  equal(scene.run.status, "Failed");
  deepEqual(scene.rows("Work").map(({ status }) => status), ["Failed", "Cancelled", "Cancelled"]);
  ok(scene.run.reason?.includes('step "Work" failed: no'));
});
