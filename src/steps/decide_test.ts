import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { JsonValue } from "../definition/json.ts";
import { Scene } from "../flow/testing_scene.ts";

/** A run that decides on a value; `ran` is where it led. */
function decide(value: unknown): { readonly scene: Scene; readonly ran: readonly string[] } {
  const ran: string[] = [];
  const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() })
    .decide((): JsonValue => value as JsonValue).name("Decide").output("decided")
    .outcome(null, (b) => b.then(() => void ran.push("null")))
    .outcome({ size: "big", parts: [1, 2] }, (b) => b.then(() => void ran.push("big")))
    .outcome("null", (b) => b.then(() => void ran.push("text")).name("Text"))
    .build("w", 1);
  return { scene: new Scene(definition).finish(), ran };
}

Deno.test("decide leads where the outcome equals the value as JSON, whatever the order of its keys", () => {
  deepEqual(decide({ parts: [1, 2], size: "big" }).ran, ["big"]);
  deepEqual(decide({ parts: [2, 1], size: "big" }).ran, []);
  deepEqual(decide("null").ran, ["text"]);
});

Deno.test("a decision that returns nothing is null", () => {
  for (const value of [undefined, null]) {
    const { scene, ran } = decide(value);
    deepEqual([scene.run.status, scene.run.data.decided, ran], ["Complete", null, ["null"]]);
  }
});

Deno.test("where no outcome fits, the branch ends; a value without a JSON form is a failure", () => {
  equal(decide(7).scene.run.status, "Complete");
  const { run } = decide(new Map()).scene;
  deepEqual([run.status, run.error?.message], ["Failed", "Cannot store outcome: Map is no plain object"]);
});
