import { isPathKey } from "./builder/step_key.ts";
import type { WorkflowDefinition } from "./definition.ts";

/**
 * Warns of what works, but will not for long: steps without a name or id. Such a step is found by its place, so a run
 * in flight loses it when steps are added, removed or moved.
 *
 * @returns a sentence for each such step; none for a definition whose steps are all named
 *
 * @example Usage
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { checkDefinition, WorkflowBuilder } from "@wfe/engine";
 *
 * const definition = new WorkflowBuilder().startWith(() => {}).name("One").then(() => {}).build("two", 1);
 * equal(checkDefinition(definition).length, 1);
 * ```
 */
export function checkDefinition(definition: WorkflowDefinition): readonly string[] {
  return definition.steps
    // An `end` is over as soon as it is reached: no run ever waits there.
    .filter(({ key, name, type }) => name === undefined && type !== "end" && isPathKey(key))
    .map(({ key }) =>
      `Step "${key}" is found by its place, so runs in flight lose it when steps are added or moved: give it a name`
    );
}
