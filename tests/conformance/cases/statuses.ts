import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { RunStateError } from "../../../src/engine/errors.ts";
import { door, untilAborted } from "../../../src/engine/testing_host.ts";
import { RunNotFoundError } from "../../../src/provider/errors.ts";
import type { Cases } from "../cases.ts";

/** Where runs and activations can stand. */
export const statusCases: Cases = {
  "each status of a run can be seen, and which may follow": async (scene) => {
    const build = (id: string, body: (ctx: StepContext) => unknown, policy = ErrorBehavior.fail()) =>
      new WorkflowBuilder().waitFor("go", "k").name("Wait").then(body as () => void).name("Step").onError(
        policy,
      )
        .build(id, 1);
    const bad = () => {
      throw new Error("bad");
    };
    const { reached, pass } = door();
    const host = await scene.host([
      build("complete", () => {}),
      build("failed", bad),
      build("terminated", bad, ErrorBehavior.terminate()),
      build("suspended", bad, ErrorBehavior.suspend()),
      build("cancelled", (ctx) => {
        void pass(ctx);
        return untilAborted(ctx);
      }),
    ]);
    const runs = [];
    for (const id of ["complete", "failed", "terminated", "suspended", "cancelled"]) {
      runs.push(await scene.start(host, id));
    }
    for (const run of runs) equal(await scene.until(run.status()), "Runnable");
    await scene.until(host.publishEvent("go", "k"));
    await reached;
    await scene.until(host.cancelWorkflow("run-5"));
    const statuses = [];
    for (const run of runs) statuses.push((await scene.until(run.atRest())).status);
    deepEqual(statuses, ["Complete", "Failed", "Terminated", "Suspended", "Cancelled"]);
    await rejects(scene.until(host.retryWorkflow("run-1")), RunStateError);
    await rejects(scene.until(host.resumeWorkflow("run-1")), RunStateError);
    await rejects(scene.until(host.suspendWorkflow("run-2")), RunStateError);
    await rejects(scene.until(host.retryWorkflow("run-4")), RunStateError);
    await rejects(scene.until(host.suspendWorkflow("nobody")), RunNotFoundError);
    const listed = await scene.until(host.listWorkflows({ status: ["Failed", "Terminated"] }));
    deepEqual(listed.map(({ id }) => id).toSorted(), ["run-2", "run-3"]);
  },

  "each status of an activation can be seen": async (scene) => {
    const [running, undoing] = [door(), door()];
    const definition = new WorkflowBuilder().saga(
      (s) =>
        s.then(() => {}).name("Undone").compensateWith(undoing.pass)
          .parallel((p) =>
            p.branch((b) => b.then(running.pass).name("Runs"))
              .branch((b) => b.delay("1h").name("Sleeps"))
              .branch((b) => b.waitFor("never", "k").name("Waits"))
              .branch((b) =>
                b.then(scene.failing("bad")).name("Fails later").onError(
                  ErrorBehavior.retry({ interval: "10m", maxRetries: 1 }),
                )
              )
          ).name("All"),
      { then: "continue" },
    ).name("Saga").build("statuses", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "statuses");
    await running.reached;
    await scene.becomes(async () => (await scene.pointers()).includes("Fails later Sleeping"));
    deepEqual((await scene.pointers()).toSorted(), [
      "All Waiting",
      "Fails later Sleeping",
      "Runs Running",
      "Saga Waiting",
      "Sleeps Sleeping",
      "Undone Complete",
      "Waits Waiting",
    ]);
    running.open();
    await scene.until(undoing.reached);
    deepEqual((await scene.pointers()).toSorted(), [
      "All Waiting",
      "Fails later Failed",
      "Runs Complete",
      "Saga Waiting",
      "Sleeps Cancelled",
      "Undone Complete",
      "Waits Cancelled",
      "undo of Undone Compensating",
    ]);
    undoing.open();
    await scene.until(run.result());
    ok((await scene.pointers()).includes("undo of Undone Compensated"));
    ok((await scene.pointers()).includes("Saga Compensated"));
  },

  "what has not begun is Pending while the run is suspended, and Skipped when it is cancelled": async (
    scene,
  ) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().startWith(pass).name("One").then(scene.step("two")).name("Two")
      .build("pending", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "pending");
    await reached;
    await scene.until(host.suspendWorkflow(run.id));
    await scene.becomes(async () => (await scene.store.get(run.id))?.inboxRead === 1);
    open();
    await scene.until(run.atRest());
    deepEqual(await scene.pointers(), ["One Complete", "Two Pending"]);
    await scene.until(host.cancelWorkflow(run.id));
    equal((await scene.until(run.atRest())).status, "Cancelled");
    deepEqual([await scene.pointers(), scene.effects], [["One Complete", "Two Skipped"], []]);
    await scene.until(host.retryWorkflow(run.id));
    await scene.until(run.result());
    deepEqual(scene.effects, ["two"]);
  },
};
