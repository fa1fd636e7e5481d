import { deepEqual, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { whatIsSaid } from "../../../src/engine/testing_host.ts";
import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import type { Cases } from "../cases.ts";

/** What is told of runs while they happen, and who is told. */
export const lifecycleCases: Cases = {
  "a run that begins by waiting is told of from its start on; so is the end of one that has no body": async (
    scene,
  ) => {
    const waiting = new WorkflowBuilder().delay("1m").name("Nap").build("waiting", 1);
    const bodiless = new WorkflowBuilder().decide(() => 1).name("Decide").build("bodiless", 1);
    const host = await scene.host([waiting, bodiless], {
      wire: (builder) =>
        builder.useMiddleware({
          complete: async ({ definitionId, status }, next) => {
            scene.note(`${definitionId} ${status}`);
            await next();
          },
        }),
    });
    const run = await scene.start(host, "waiting");
    deepEqual([scene.told("WorkflowStarted"), scene.told("StepStarted"), scene.told("StepWaiting")], [
      1,
      1,
      1,
    ]);
    await scene.until(run.result());
    await scene.until((await scene.start(host, "bodiless")).result());
    await scene.stop(host);
    for (const runId of ["run-1", "run-2"]) {
      for (const type of ["WorkflowStarted", "StepStarted", "StepCompleted", "WorkflowCompleted"] as const) {
        equal(scene.told(type, runId), 1, `${type} of ${runId}`);
      }
    }
    deepEqual(scene.effects, ["waiting Complete", "bodiless Complete"]);
  },

  "a listener hears of each move of a run once, in order, and of an attempt that fails what it was": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
      return "well";
    }).name("Flaky").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 2 }))
      .then(() => {
        throw new Error("for good");
      }).name("Bad").onError(ErrorBehavior.fail()).build("heard", 1);
    const host = await scene.host([definition]);
    const heard: string[] = [];
    host.onEvent((event) => heard.push(inWords(event)));
    await scene.until((await scene.start(host, "heard")).atRest());
    await scene.stop(host);
    deepEqual(heard, [
      "WorkflowStarted",
      "StepStarted Flaky 1",
      "StepRetrying Flaky 1: attempt 1",
      "StepStarted Flaky 2",
      "StepRetrying Flaky 2: attempt 2",
      "StepStarted Flaky 3",
      "StepCompleted Flaky 3",
      "StepStarted Bad 1",
      "StepFailed Bad 1: for good",
      "WorkflowFailed",
    ]);
  },

  "a durable sink is handed what listeners hear, those of a run in order, also what one host left to the next":
    async (scene) => {
      const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One").delay("1m").name(
        "Nap",
      )
        .then(scene.failing("two")).name("Two").onError(ErrorBehavior.fail()).build("sunk", 1);
      const heard: string[] = [];
      const handed: string[] = [];
      let isUp = false;
      for (const _ of ["first", "second"]) {
        const host = await scene.host([definition], {
          wire: (builder) =>
            builder.useLifecycle({
              name: "sink",
              publish: (events) => {
                if (!isUp) return Promise.reject(new Error("the sink is down"));
                handed.push(...events.map(inWords));
                return Promise.resolve();
              },
            }),
        });
        host.onEvent((event) => heard.push(inWords(event)));
        if (isUp) {
          await scene.until(host.getHandle("run-1").atRest());
        } else {
          const said = await whatIsSaid("error", async () => {
            await scene.start(host, "sunk");
            await scene.pass("10s");
            await scene.stop(host);
          });
          match(String(said[0]), /Lifecycle sink "sink" failed, its events are kept/);
          isUp = true;
        }
      }
      await scene.pass("1m");
      deepEqual(handed, heard);
    },
};

function inWords(event: LifecycleEvent): string {
  if (!("stepKey" in event)) return event.type;
  const why = event.error ? `: ${event.error.message}` : "";
  return `${event.type} ${event.stepKey} ${event.attempt}${why}`;
}
