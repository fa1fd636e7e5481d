import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import { Scene } from "./testing_scene.ts";

const work = () => {};
const fails = () => {
  throw new Error("no");
};
const start = new WorkflowBuilder({ onError: ErrorBehavior.fail() });

/** A run that ends in one branch while a body runs in another. */
function ending(): Scene {
  const definition = start
    .parallel((p) =>
      p.branch((b) => b.then(work).name("Last").endWorkflow())
        .branch((b) => b.then(() => "late").name("Slow").then(work).name("Behind"))
    ).build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Last"));
  return scene;
}

Deno.test("a run that endWorkflow ends is complete when what runs has settled, and nothing follows that", () => {
  const scene = ending();
  deepEqual([scene.run.status, scene.run.ending?.status], ["Runnable", "Complete"]);
  scene.apply(scene.call(scene.row("Slow")));
  deepEqual([scene.run.status, scene.row("Slow").status, scene.rows("Behind").length], [
    "Complete",
    "Complete",
    0,
  ]);
});

Deno.test("a run that is terminated while endWorkflow ends it is complete when it is retried: its end is recorded", () => {
  const scene = ending();
  scene.terminate();
  equal(scene.run.status, "Terminated");
  scene.retry();
  deepEqual([scene.run.status, scene.run.nextWake], ["Runnable", 0]);
  equal(scene.finish().run.status, "Complete");
  deepEqual([scene.row("Slow").status, scene.rows("Behind").length], ["Cancelled", 0]);
});

Deno.test("the same where the paths are the run's own: nothing of it is left to be done", () => {
  const definition = start.startWith(() => ExecutionResult.outcome("both"))
    .outcome("both", (b) => b.then(work).name("Slow"))
    .outcome("both", (b) => b.then(work).name("Last").endWorkflow())
    .build("w", 1);
  const scene = new Scene(definition);
  scene.settle();
  scene.settle(scene.row("Last"));
  scene.terminate();
  scene.retry();
  equal(scene.run.status, "Runnable");
  deepEqual([scene.finish().run.status, scene.row("Slow").status], ["Complete", "Cancelled"]);
});

Deno.test("what succeeds while the run is cancelled is recorded, and a retry goes on behind it", () => {
  const ran: string[] = [];
  const note = (name: string) => () => void ran.push(name);
  const definition = start.startWith(note("One")).name("One").then(note("Two")).name("Two").build("w", 1);
  const scene = new Scene(definition);
  scene.send("cancel");
  scene.apply(scene.call(scene.row("One")));
  deepEqual([scene.run.status, scene.row("One").status, scene.row("Two").status], [
    "Cancelled",
    "Complete",
    "Skipped",
  ]);
  scene.retry();
  deepEqual([scene.finish().run.status, ran], ["Complete", ["One", "Two"]]);
});

Deno.test("a loser of `wait: any` is not opened again with its run: the flow has gone on without it", () => {
  const definition = start
    .saga((s) =>
      s.parallel(
        (p) =>
          p.branch((b) => b.then(work).name("Fast").compensateWith(work))
            .branch((b) => b.then(work).name("Slow").compensateWith(work)),
        { wait: "any" },
      ).then(fails).name("Odd").onError(ErrorBehavior.suspend())
    ).build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fast"));
  scene.settleAll();
  deepEqual([scene.run.status, scene.row("Slow").status], ["Suspended", "Cancelled"]);
  scene.send("resume");
  scene.step();
  deepEqual([scene.row("Odd").attempt, scene.row("Slow").status, scene.rows("Slow").length], [
    2,
    "Cancelled",
    1,
  ]);
});

Deno.test("a host that dies while something is closed in something that is closed leaves both to the next", () => {
  const definition = start
    .parallel(
      (p) =>
        p.branch((b) => b.then(work).name("Fast")).branch((b) =>
          b.saga((s) =>
            s.parallel((q) =>
              q.branch((c) => c.then(fails).name("Fail")).branch((c) => c.then(work).name("Slow"))
            )
          ).name("Saga")
        ),
      { wait: "any" },
    ).name("Any").then(work).name("After").build("w", 1);
  const scene = new Scene(definition);
  scene.settle(scene.row("Fail"));
  scene.settle(scene.row("Fast"));
  deepEqual(["Any", "Saga"].map((key) => scene.row(key).closing?.kind), ["join", "saga"]);
  scene.crash();
  scene.finish();
  deepEqual([scene.run.status, scene.row("Slow").status, scene.row("Saga").status, scene.row("Any").status], [
    "Complete",
    "Cancelled",
    "Compensated",
    "Complete",
  ]);
  equal(scene.row("After").status, "Complete");
});
