import { deepEqual, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { AnyDefinition } from "../../../src/engine/testing_host.ts";
import type { Cases, Play } from "../cases.ts";

/** Every expression of a step throws, once or always. */
function expressions(): Cases {
  const retried = ErrorBehavior.retry({ interval: "1s", maxRetries: 2 });
  const build: Readonly<Record<string, (once: () => never | void) => AnyDefinition>> = {
    "a condition": (once) =>
      new WorkflowBuilder({ onError: retried }).ifDo(() => {
        once();
        return true;
      }, (b) => b.then(() => {}).name("Inside")).name("Bad").then(() => {}).name("After").build("thrown", 1),
    "the condition of a loop": (once) =>
      new WorkflowBuilder({ onError: retried }).whileDo((_data, { index }) => {
        once();
        return index < 2;
      }, (b) => b.then(() => {}).name("Inside")).name("Bad").then(() => {}).name("After").build("thrown", 1),
    "a collection": (once) =>
      new WorkflowBuilder({ onError: retried }).forEach(() => {
        once();
        return [1];
      }, (b) => b.then(() => {}).name("Inside")).name("Bad").then(() => {}).name("After").build("thrown", 1),
    "an input": (once) =>
      new WorkflowBuilder({ onError: retried }).startWith(() => {}).name("Bad").input(() => {
        once();
        return 1;
      }).then(() => {}).name("After").build("thrown", 1),
    "an output": (once) =>
      new WorkflowBuilder({ onError: retried }).startWith(() => {}).name("Bad").output(() => {
        once();
        return {};
      }).then(() => {}).name("After").build("thrown", 1),
    "an outcome": (once) =>
      new WorkflowBuilder({ onError: retried }).decide(() => {
        once();
        return 1;
      }).name("Bad").outcome(1, (b) => b.then(() => {}).name("After")).build("thrown", 1),
    "a duration": (once) =>
      new WorkflowBuilder({ onError: retried }).delay(() => {
        once();
        return 1;
      }).name("Bad").then(() => {}).name("After").build("thrown", 1),
    "an event's key": (once) =>
      new WorkflowBuilder({ onError: retried }).waitFor("item", () => {
        once();
        return "k";
      }, { timeout: "1ms", onTimeout: (b) => b.then(() => {}).name("Late") }).name("Bad").then(() => {}).name(
        "After",
      )
        .build("thrown", 1),
    "an update": (once) =>
      new WorkflowBuilder<{ readonly n?: number }>({ onError: retried }).startWith((ctx) =>
        ctx.update("n", () => {
          once();
          return 1;
        })
      ).name("Bad").then(() => {}).name("After").build("thrown", 1),
  };
  const cases: Record<string, Play> = {};
  for (const [name, define] of Object.entries(build)) {
    cases[`what ${name} throws is a failure of the step, which is tried again`] = async (scene) => {
      let thrown = false;
      const { status } = await scene.play(define(() => {
        if (thrown) return;
        thrown = true;
        throw new Error(`${name} throws`);
      }));
      deepEqual([status, Math.floor(scene.seconds), scene.told("StepRetrying")], ["Complete", 1, 1]);
      ok((await scene.pointers()).includes("After Complete"));
    };
    cases[`what ${name} throws for good fails the run with that error`] = async (scene) => {
      const { status, error } = await scene.play(define(() => {
        throw new RangeError(`${name} throws`);
      }));
      deepEqual([status, error?.type, error?.message, error?.step], [
        "Failed",
        "RangeError",
        `${name} throws`,
        "Bad",
      ]);
      deepEqual([scene.told("StepFailed"), scene.told("StepRetrying")], [1, 2]);
    };
  }
  return cases;
}

/** What goes wrong in the expressions of a step. */
export const expressionCases: Cases = expressions();
