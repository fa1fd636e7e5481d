import { deepEqual, equal } from "node:assert/strict";
import { type WaitForOptions, WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { JsonObject } from "../definition/json.ts";
import { Scene } from "../flow/testing_scene.ts";

/** A run that waits for what is said here, and keeps as `got` what comes. */
function wait(key: unknown, options: WaitForOptions<JsonObject> = {}): Scene {
  const definition = new WorkflowBuilder({ onError: ErrorBehavior.fail() })
    .waitFor("paid", () => key as string, options).name("Wait")
    .output("got")
    .build("w", 1);
  return new Scene(definition);
}

/** The message with which a run has failed. */
function failure(scene: Scene): unknown {
  return [scene.settleAll().run.status, scene.run.error?.message];
}

Deno.test("a key that is a number is the same key as its digits", () => {
  const scene = wait(7).settleAll();
  scene.publish("paid", "8", "other");
  scene.publish("paid", "7", "mine");
  equal(scene.finish().run.status, "Complete");
  equal(scene.run.data.got, "mine");
});

for (
  const [what, key, received] of [
    ["null", null, "null"],
    ["undefined", undefined, "undefined"],
    ["NaN", NaN, "number"],
    ["an object", {}, "object"],
    ["too long", "x".repeat(1_025), "1025 bytes"],
    ["half a character", "\ud800", '"\\ud800"'],
    ["text with NUL", "a\0b", '"a\\u0000b"'],
  ] as const
) {
  Deno.test(`a key that no event can have fails the step, in words that name it: ${what}`, () => {
    deepEqual(failure(wait(key)), [
      "Failed",
      `Cannot wait for an event in step "Wait": its key must be text of at most 1024 bytes in UTF-8, received ${received}`,
    ]);
  });
}

const sinces: readonly (readonly [name: string, since: WaitForOptions<JsonObject>["since"]])[] = [
  ["a date", new Date(500)],
  ["milliseconds", 500],
  ["a function that returns a date", () => new Date(500)],
  ["a function that returns milliseconds, of which parts are rounded", () => 499.6],
];

for (const [name, since] of sinces) {
  Deno.test(`events before \`since\` do not count, later ones do, though published before the wait: ${name}`, () => {
    const definition = new WorkflowBuilder().waitFor("paid", "7", { since: since! }).output("got").build(
      "w",
      1,
    );
    const published = [499, 500].map((time) => ({ name: "paid", key: "7", data: time, time }));
    const scene = new Scene(definition, { published }).finish();
    deepEqual([scene.run.status, scene.run.data.got], ["Complete", 500]);
  });
}

Deno.test("without `since` only events from the start of the run on count", () => {
  const definition = new WorkflowBuilder().waitFor("paid", "7").output("got").build("w", 1);
  const published = [999, 1_000].map((time) => ({ name: "paid", key: "7", data: time, time }));
  equal(new Scene(definition, { published }).finish().run.data.got, 1_000);
});

for (const [since, kind] of [["yesterday", "string"], [NaN, "number"], [new Date(NaN), "object"]] as const) {
  Deno.test(`a \`since\` that is no time fails the step: ${String(since)}`, () => {
    deepEqual(failure(wait("7", { since: () => since as Date })), [
      "Failed",
      `Cannot wait for an event in step "Wait": \`since\` must be a date or milliseconds, received ${kind}`,
    ]);
  });
}

Deno.test("a wait that was in vain fails by WaitTimeoutError, or does what onTimeout says and goes on", () => {
  const vain = wait("7", { timeout: "5s" }).finish();
  deepEqual([vain.run.status, vain.run.error?.type, vain.now], ["Failed", "WaitTimeoutError", 6_000]);
  const ran: string[] = [];
  const definition = new WorkflowBuilder()
    .waitFor("paid", "7", { timeout: "5s", onTimeout: (b) => b.then(() => void ran.push("remind")) })
    .then(() => void ran.push("after")).build("w", 1);
  equal(new Scene(definition).finish().run.status, "Complete");
  deepEqual(ran, ["remind", "after"]);
});
