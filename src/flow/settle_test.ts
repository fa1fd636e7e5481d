import { deepEqual, equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonValue } from "../definition/json.ts";
import { recordHolding, settleStopped } from "./settle.ts";
import { Scene } from "./testing_scene.ts";
import { wakeInstance } from "./wake.ts";

const work = () => {};
const fails = () => {
  throw new Error("no");
};
const failing = new WorkflowBuilder({ onError: ErrorBehavior.fail() });
const two = failing.startWith(work).name("One").then(work).name("Two").build("two", 1);

/** How a run that failed did so. */
function failure(definition: WorkflowDefinition): readonly unknown[] {
  const { run } = new Scene(definition).finish();
  return [run.status, run.error?.message];
}

Deno.test("what has settled cannot settle again, nor hold anything: a late answer of a body changes nothing", () => {
  const scene = new Scene(two);
  const [one] = scene.busy;
  scene.settle(one);
  throws(() => scene.call(one!), /has no open pointer 1/);
  const sleeping = new Scene(
    failing.startWith(() => ExecutionResult.sleep("1s")).name("One").build("one", 1),
  );
  const [sleeper] = sleeping.busy;
  sleeping.settle();
  throws(() => sleeping.call(sleeper!), { message: "Cannot settle a pointer that is Sleeping" });
  throws(() => recordHolding(sleeping.state, 1, { held: { pid: 7 } }, sleeping.moment), {
    message: "Cannot hold something for a pointer that is Sleeping",
  });
});

Deno.test("a body that stops, though nobody told it to, has not settled by that", () => {
  const scene = new Scene(two);
  equal(settleStopped(scene.state, scene.program, 1, scene.moment), null);
  equal(scene.busy.length, 1);
});

Deno.test("an undo is never cut short: it runs to its end, also while its run is cancelled", () => {
  const definition = failing
    .saga((b) => b.then(work).name("Pay").compensateWith(work).then(fails).name("Fail"))
    .build("w", 1);
  const scene = new Scene(definition);
  while (!scene.busy.some(({ undoes }) => undoes !== null)) scene.step();
  scene.send("cancel");
  const [undo] = scene.busy;
  equal(scene.aborted.has(undo!.id), false);
  equal(settleStopped(scene.state, scene.program, undo!.id, scene.moment), null);
  scene.finish();
  deepEqual(scene.steps("StepCompensated"), ["Pay", "1:saga"]);
});

Deno.test("an undo that asks for a pause has failed: there is no state to come back to", () => {
  const definition = failing
    .saga((b) =>
      b.then(work).name("Pay")
        .compensateWith(() => ExecutionResult.sleep("1s"), { onError: ErrorBehavior.fail() })
        .then(fails).name("Fail")
    ).build("w", 1);
  const { run } = new Scene(definition).finish();
  deepEqual([run.status, run.reason], [
    "Suspended",
    'the undo of step "Pay" failed: Cannot pause the undo of step "Pay": an undo runs to its end',
  ]);
});

Deno.test("a body that asks for branches has to have one, and asks by values that a store can keep", () => {
  deepEqual(failure(failing.startWith(() => ExecutionResult.branch([1])).name("Split").build("w", 1)), [
    "Failed",
    'Cannot run branches of step "Split": it has none; give it one by .do(…)',
  ]);
  const values = [new Date(0) as unknown as JsonValue];
  const split = failing.startWith(() => ExecutionResult.branch(values)).name("Split").do((b) => b.then(work));
  deepEqual(failure(split.build("w", 1)), ["Failed", "Cannot store values[0]: Date is no plain object"]);
});

Deno.test("a body that asks for no branches at all is entered again at once, with no results", () => {
  const seen: unknown[] = [];
  const definition = failing.startWith((ctx) => {
    seen.push([ctx.branches, ctx.state]);
    return ctx.branches ? ExecutionResult.next() : ExecutionResult.branch([], "asked");
  }).do((b) => b.then(work)).build("w", 1);
  equal(new Scene(definition).finish().run.status, "Complete");
  deepEqual(seen, [[undefined, undefined], [[], "asked"]]);
});

Deno.test("an input that is nothing is null, and is computed once, whatever the data is later", () => {
  const inputs: unknown[] = [];
  let computed = 0;
  const definition = new WorkflowBuilder({ onError: ErrorBehavior.retry({ maxRetries: 1 }) })
    .startWith((ctx) => {
      inputs.push(ctx.input);
      if (ctx.attempt === 1) throw new Error("once more");
    }).input(() => {
      computed++;
      return undefined as unknown as JsonValue;
    }).build("w", 1);
  equal(new Scene(definition).finish().run.status, "Complete");
  deepEqual([inputs, computed], [[null, null], 1]);
});

for (const [patch, kind] of [[5, "number"], ["x", "string"], [[1], "an array"]] as const) {
  Deno.test(`an output mapping that returns ${kind === "an array" ? kind : `a ${kind}`} fails the step`, () => {
    const definition = failing.startWith(work).name("One").output(() => patch as never).build("w", 1);
    deepEqual(failure(definition), [
      "Failed",
      `Cannot map the output of step "One": an object with the keys to replace is needed, received ${kind}`,
    ]);
  });
}

Deno.test("an output mapping that returns nothing leaves the data as it is", () => {
  for (const nothing of [undefined, null]) {
    const definition = failing.startWith(() => 5).output(() => nothing as never).build("w", 1);
    const { run } = new Scene(definition, { data: { total: 1 } }).finish();
    deepEqual([run.status, run.data], ["Complete", { total: 1 }]);
  }
});

Deno.test("a wake before anything is due writes nothing", () => {
  const scene = new Scene(failing.delay("5s").build("w", 1));
  equal(wakeInstance(scene.state, scene.program, scene.moment), null);
  scene.now += 5_000;
  equal(wakeInstance(scene.state, scene.program, scene.moment)?.state.instance.status, "Complete");
});
