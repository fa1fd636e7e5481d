import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { Scene } from "./testing_scene.ts";

const work = () => {};
const fails = () => {
  throw new Error("no");
};
const failing = new WorkflowBuilder({ onError: ErrorBehavior.fail() });

class BusyError extends Error {
  override readonly name = "BusyError";
  readonly code = "E_BUSY";
}

/** How often a step that fails by BusyError is tried, if only these errors are tried again. */
function attempts(on: readonly string[]): number {
  const definition = new WorkflowBuilder().startWith(() => {
    throw new BusyError("busy");
  }).name("One").onError(ErrorBehavior.retry({ maxRetries: 2, on })).build("w", 1);
  const scene = new Scene(definition).finish();
  equal(scene.run.status, "Failed");
  return scene.row("One").attempt;
}

Deno.test("only the errors that a policy names, by class or code, are tried again", () => {
  deepEqual([["BusyError"], ["E_BUSY"], ["TypeError", "E_BUSY"], ["TypeError"], []].map(attempts), [
    3,
    3,
    3,
    1,
    1,
  ]);
});

/** How a run ends that has a saga whose step fails, by what its definition says of failures. */
function sagaUnder(onError: ErrorPolicy): readonly unknown[] {
  const definition = new WorkflowBuilder({ onError })
    .saga((b) => b.then(work).name("Pay").compensateWith(work).then(fails).name("Ship")).name("Saga")
    .build("w", 1);
  const scene = new Scene(definition).finish();
  return [scene.run.status, scene.steps("StepCompensated").join()];
}

Deno.test("a saga that was undone fails as the definition says, and is not tried again by a policy for steps", () => {
  deepEqual(sagaUnder(ErrorBehavior.fail()), ["Failed", "Pay,Saga"]);
  deepEqual(sagaUnder(ErrorBehavior.terminate()), ["Terminated", "Pay,Saga"]);
  deepEqual(sagaUnder(ErrorBehavior.suspend()), ["Suspended", "Pay,Saga"]);
  deepEqual(sagaUnder(ErrorBehavior.retry()), ["Failed", "Pay,Saga"]);
  deepEqual(sagaUnder(ErrorBehavior.retry({ then: "suspend" })), ["Suspended", "Pay,Saga"]);
});

Deno.test("without a policy anywhere the run fails behind a saga that was undone", () => {
  const definition = new WorkflowBuilder().saga((b) => b.then(fails)).build("w", 1);
  equal(new Scene(definition).finish().run.status, "Failed");
});

Deno.test("an inner saga that was undone has the outer one undone, unless it says itself what follows", () => {
  const build = (onError?: ErrorPolicy) =>
    failing.saga((outer) => {
      const inner = outer.then(work).name("Book").compensateWith(work)
        .saga((b) => b.then(work).name("Pay").compensateWith(work).then(fails)).name("Inner");
      return onError ? inner.onError(onError) : inner;
    }).name("Outer").build("w", 1);
  const scene = new Scene(build()).finish();
  deepEqual([scene.run.status, scene.steps("StepCompensated")], ["Failed", [
    "Pay",
    "Inner",
    "Book",
    "Outer",
  ]]);
  const ended = new Scene(build(ErrorBehavior.terminate())).finish();
  deepEqual([ended.run.status, ended.steps("StepCompensated")], ["Terminated", ["Pay", "Inner"]]);
});

Deno.test("what fails while it is cut short is recorded as failed, and has no consequence", () => {
  const definition = failing
    .parallel((p) => p.branch((b) => b.then(work).name("Fast")).branch((b) => b.then(fails).name("Slow")), {
      wait: "any",
    })
    .then(work).name("After").build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fast"));
  equal(scene.aborted.has(scene.row("Slow").id), true);
  scene.apply(scene.call(scene.row("Slow")));
  deepEqual([scene.row("Slow").status, scene.finish().run.status], ["Failed", "Complete"]);
  equal(scene.row("After").status, "Complete");
});

Deno.test("what succeeds although it is cut short is recorded as complete, and nothing follows it", () => {
  const definition = failing
    .parallel(
      (p) =>
        p.branch((b) => b.then(work).name("Fast"))
          .branch((b) => b.then(() => "late").name("Slow").then(work).name("Behind")),
      { wait: "any" },
    ).build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fast"));
  scene.apply(scene.call(scene.row("Slow")));
  deepEqual([scene.row("Slow").status, scene.row("Slow").output], ["Complete", "late"]);
  deepEqual([scene.rows("Behind").length, scene.finish().run.status], [0, "Complete"]);
});

Deno.test("a body that fails after its cancelWhen has cancelled it is cancelled: the run goes on", () => {
  const definition = new WorkflowBuilder<{ readonly stop: boolean }>({ onError: ErrorBehavior.fail() })
    .parallel((p) =>
      p.branch((b) => b.then((ctx) => ctx.set({ stop: true })).name("Stop"))
        .branch((b) => b.then(fails).name("Work").cancelWhen((data) => data.stop, { proceed: true }))
    ).build("w", 1);
  const scene = new Scene(definition, { data: { stop: false } });
  scene.settle(scene.row("Stop"));
  scene.apply(scene.call(scene.row("Work")));
  deepEqual([scene.row("Work").status, scene.finish().run.status], ["Cancelled", "Complete"]);
});

Deno.test("a failure in a patient parallel closes its own branch alone; the run fails when the others have ended", () => {
  const definition = failing
    .parallel(
      (p) =>
        p.branch((b) =>
          b.parallel((q) =>
            q.branch((c) => c.then(fails).name("Fail")).branch((c) => c.then(work).name("Beside"))
          )
            .name("Part").then(work).name("Never")
        ).branch((b) => b.then(work).name("Other").then(work).name("Goes on")),
      { errors: "wait" },
    ).name("Patient").build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fail"));
  scene.finish();
  const statuses = ["Fail", "Beside", "Part", "Other", "Goes on", "Patient"].map((key) =>
    scene.row(key).status
  );
  deepEqual(statuses, ["Failed", "Cancelled", "Cancelled", "Complete", "Complete", "Cancelled"]);
  deepEqual([scene.rows("Never").length, scene.run.status, scene.run.error?.step], [0, "Failed", "Fail"]);
});

Deno.test("a saga in a patient parallel is undone while the other branches go on", () => {
  const definition = failing
    .parallel(
      (p) =>
        p.branch((b) => b.saga((s) => s.then(work).name("Pay").compensateWith(work).then(fails)).name("Saga"))
          .branch((b) => b.then(work).name("Other")),
      { errors: "wait" },
    ).build("w", 1);
  const scene = new Scene(definition).finish();
  deepEqual(["Saga", "Other"].map((key) => scene.row(key).status), ["Compensated", "Complete"]);
  deepEqual([scene.steps("StepCompensated"), scene.run.status], [["Pay", "Saga"], "Failed"]);
});

Deno.test("a patient parallel that ends while the run is cancelled leaves the run cancelled, whatever has failed in it", () => {
  const definition = failing
    .parallel((p) => p.branch((b) => b.then(fails).name("Fail")).branch((b) => b.then(work).name("Other")), {
      errors: "wait",
    }).name("Patient").then(work).name("After").build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fail"));
  scene.send("cancel");
  // Told to stop, it succeeds all the same.
  scene.apply(scene.call(scene.row("Other")));
  deepEqual([scene.finish().run.status, scene.run.error], ["Cancelled", null]);
  deepEqual(["Fail", "Other", "Patient"].map((key) => scene.row(key).status), [
    "Failed",
    "Complete",
    "Cancelled",
  ]);
});

Deno.test("a cancelWhen that throws fails its step, also what has branches; but not in a run that is cancelled", () => {
  const build = () =>
    new Scene(
      failing.ifDo(() => true, (b) => b.then(work).name("In")).name("If").cancelWhen(() => {
        throw new Error("no condition");
      }).then(work).name("After").build("w", 1),
      { data: {} },
    );
  // Asked when it begins, before anything is inside it.
  const scene = build().finish();
  deepEqual([scene.run.status, scene.run.error?.message, scene.rows("In").length], [
    "Failed",
    "no condition",
    0,
  ]);

  const late = new WorkflowBuilder<{ readonly late: boolean }>({ onError: ErrorBehavior.fail() })
    .parallel((p) =>
      p.branch((b) => b.then((ctx) => ctx.set({ late: true })).name("Late")).branch((b) =>
        b.ifDo(() => true, (c) => c.then(work).name("In")).name("If").cancelWhen((data) => {
          if (data.late) throw new Error("no condition");
          return false;
        })
      )
    ).build("w", 1);
  const fail = new Scene(late, { data: { late: false } });
  fail.settle(fail.row("Late"));
  equal(fail.aborted.has(fail.row("In").id), true);
  deepEqual([fail.finish().run.status, fail.run.error?.message], ["Failed", "no condition"]);

  const cancelled = new Scene(late, { data: { late: false } });
  cancelled.settle(cancelled.row("Late"));
  cancelled.send("cancel");
  deepEqual([cancelled.finish().run.status, cancelled.run.error], ["Cancelled", null]);
  equal(cancelled.row("If").error?.message, "no condition");
});
