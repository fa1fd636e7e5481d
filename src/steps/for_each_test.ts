import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { JsonValue } from "../definition/json.ts";
import { Scene } from "../flow/testing_scene.ts";

/** A run that loops over a collection and keeps the results of the branches. */
function loop(collection: unknown): Scene {
  const definition = new WorkflowBuilder<{ readonly results?: JsonValue }>({ onError: ErrorBehavior.fail() })
    .forEach(() => collection as Iterable<unknown>, (b) => b.then((ctx) => [ctx.item])).name("Loop")
    .output("results")
    .build("w", 1);
  return new Scene(definition).finish();
}

const iterables: readonly (readonly [name: string, collection: Iterable<unknown>])[] = [
  ["an array", [1, 2]],
  ["a set", new Set([1, 2])],
  ["what a map holds", new Map([["a", 1], ["b", 2]]).values()],
  [
    "a generator",
    (function* () {
      yield 1;
      yield 2;
    })(),
  ],
];

for (const [name, collection] of iterables) {
  Deno.test(`forEach takes ${name}, and gives the results in the order of the items`, () => {
    const { run } = loop(collection);
    deepEqual([run.status, run.data.results], ["Complete", [[1], [2]]]);
  });
}

for (
  const [collection, kind] of [[null, "null"], [undefined, "undefined"], [3, "number"], [
    "ab",
    "string",
  ]] as const
) {
  Deno.test(`a collection that is ${kind} fails the step, in words that name the remedy`, () => {
    const { run } = loop(collection);
    equal(run.status, "Failed");
    equal(
      run.error?.message,
      `Cannot loop over the collection of step "Loop": it is ${kind}; return an array or another iterable object`,
    );
  });
}

Deno.test("an object that cannot be gone through fails the step, as does an item that no store can keep", () => {
  deepEqual([loop({ length: 2 }).run.status, loop([1, new Date(0)]).run.error?.message], [
    "Failed",
    "Cannot store the items[1]: Date is no plain object",
  ]);
});
