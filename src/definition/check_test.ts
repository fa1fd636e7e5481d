import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "./builder.ts";
import { isPathKey } from "./builder/step_key.ts";
import { checkDefinition } from "./check.ts";

const work = () => {};

Deno.test("checkDefinition() warns of each step that has neither name nor id, inside branches too", () => {
  const definition = new WorkflowBuilder()
    .then(work).name("Named")
    .then(work).id("keyed")
    .then(work)
    .ifDo(() => true, (b) => b.then(work).endWorkflow()).name("If")
    .then({ type: "shell" })
    .endWorkflow().build("check", 1);
  deepEqual(
    checkDefinition(definition).map((warning) => /^Step "(.*?)" is found by its place/.exec(warning)?.[1]),
    [
      "3:work",
      "If/then/1:work",
      "5:shell",
    ],
  );
});

Deno.test("checkDefinition() is content with names, ids and ends", () => {
  const definition = new WorkflowBuilder().then(work).name("3 things").then(work).id("a.b").endWorkflow();
  deepEqual(checkDefinition(definition.build("check", 1)), []);
});

Deno.test("a key from a step's place is told from others, whatever the step is called", () => {
  const odd = { ["a/b:\n7"]: () => {} }["a/b:\n7"]!;
  const [{ key } = { key: "" }] = new WorkflowBuilder().then(odd).build("odd", 1).steps;
  equal(isPathKey(key), true);
  deepEqual(["x", "3", "a:1:b", "1:a/b", ""].map(isPathKey), [false, false, false, false, false]);
});
