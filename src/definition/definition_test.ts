import { deepEqual, equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "./builder.ts";
import { findStep, getStep, isPrimitive, primitives } from "./definition.ts";

const definition = new WorkflowBuilder().startWith(() => {}).name("One").then(() => {}).name("constructor")
  .build("two", 1);

Deno.test("a step is found by its key, also in a copy of the definition", () => {
  for (const given of [definition, structuredClone(definition)]) {
    equal(findStep(given, "One"), given.steps[0]);
    equal(getStep(given, "constructor"), given.steps[1]);
    equal(findStep(given, "toString"), undefined);
  }
});

Deno.test("a step that is needed and not there is named, with its workflow", () => {
  throws(() => getStep(definition, "Two"), { message: 'Definition two has no step with key "Two"' });
});

Deno.test("a primitive is what the engine itself runs, and nothing that is only called alike", () => {
  deepEqual(primitives.filter(isPrimitive), [...primitives]);
  deepEqual(["code", "shell", "foreach", "", "toString", "length"].filter(isPrimitive), []);
});
