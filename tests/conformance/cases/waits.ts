import { deepEqual, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { Cases } from "../cases.ts";

/** How waits end otherwise than by an event, and that nothing is left of them. */
export const waitCases: Cases = {
  "a timeout fails the step at once with WaitTimeoutError, and leaves no subscription behind": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().waitFor("item", "k", { timeout: "30m" }).name("Wait")
      .then(scene.step("never")).name("Never").build("late", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.type, error?.step, error?.attempt], ["Failed", "WaitTimeoutError", "Wait", 1]);
    match(error!.message, /"item" with key "k" did not come in time/);
    deepEqual([scene.seconds, scene.effects], [1_800, []]);
    deepEqual((await scene.store.publish(event())).woken, []);
  },

  "onTimeout runs a branch instead, and the flow goes on behind the wait; an event in time does neither":
    async (
      scene,
    ) => {
      const definition = new WorkflowBuilder()
        .waitFor("item", "k", {
          timeout: "1m",
          onTimeout: (b) => b.then(scene.step("too late")).name("Too late"),
        }).name("Wait").then(scene.step("after")).name("After").build("patient", 1);
      const host = await scene.host([definition]);
      const late = await scene.start(host, "patient");
      await scene.until(late.result());
      deepEqual([scene.effects, Math.round(scene.seconds)], [["too late", "after"], 60]);
      const early = await scene.start(host, "patient");
      await scene.until(host.publishEvent("item", "k"));
      await scene.until(early.result());
      await scene.pass("1h");
      deepEqual(scene.effects, ["too late", "after", "after"]);
    },

  "a body waits for an event itself, and is entered again with it": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (!ctx.event) return ExecutionResult.waitForEvent("item", "k", { state: { asked: true } });
      scene.note([ctx.state ?? null, ctx.event.data]);
      return ExecutionResult.next(ctx.event.data);
    }).name("Ask").build("asking", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "asking");
    await scene.pass("1s");
    deepEqual(await scene.pointers(), ["Ask Waiting"]);
    await scene.until(host.publishEvent("item", "k", 7));
    await scene.until(run.result());
    deepEqual(scene.effects, [[{ asked: true }, 7]]);
  },

  "a run that ends leaves no subscription behind": async (scene) => {
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) => b.waitFor("item", "k").name("Wait"))
        .branch((b) => b.delay("1s").name("Nap").endWorkflow())
    ).name("Both").build("ending", 1);
    const { status } = await scene.play(definition);
    equal(status, "Complete");
    deepEqual((await scene.store.publish(event())).woken, []);
  },

  "of parallel waits the oldest whose `since` an event meets takes it": async (scene) => {
    const start = scene.clock.now();
    const wait =
      (name: string, since: number) => (b: Parameters<Parameters<WorkflowBuilder["saga"]>[0]>[0]) =>
        b.waitFor("item", "k", { since }).name(name).then(scene.step(name)).name(`After ${name}`);
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch(wait("picky", start + 5_000)).branch(wait("modest", start))
    ).name("Both").build("choosy", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "choosy");
    await scene.pass("1s");
    await scene.until(host.publishEvent("item", "k", "old", { time: start + 1_000 }));
    await scene.pass("1s");
    deepEqual(scene.effects, ["modest"]);
    await scene.until(host.publishEvent("item", "k", "new", { time: start + 6_000 }));
    await scene.until(run.result());
    deepEqual(scene.effects, ["modest", "picky"]);
  },
};

function event() {
  return { name: "item", key: "k", data: null, time: null, messageId: null };
}
