import { frozenJson } from "../definition/canonical_json.ts";
import type { StepDefinition } from "../definition/definition.ts";
import type { JsonValue } from "../definition/json.ts";
import { countBranch } from "./join.ts";
import type { StepRules } from "./step_flow.ts";

/** `forEach`: a branch for each item of a collection that is evaluated once. */
export const forEachRules: StepRules = {
  enter(flow, pointer, step) {
    const collection = flow.code(step).collection!(flow.data, flow.scopeOf(pointer));
    const items = frozenJson(toArray(collection, step), "the items", flow.limits.output);
    if (items.length === 0) return flow.complete(pointer, []);
    flow.beginBranches(pointer, step.branches!, items, limitOf(step));
  },
  branchEnded: (flow, pointer, step, last) => countBranch(flow, pointer, step, last, limitOf(step)),
};

function toArray(collection: unknown, step: StepDefinition): JsonValue[] {
  if (typeof collection === "object" && collection !== null && Symbol.iterator in collection) {
    return Array.from(collection as Iterable<JsonValue>);
  }
  const kind = collection === null ? "null" : typeof collection;
  throw new TypeError(
    `Cannot loop over the collection of step "${step.key}": it is ${kind}; return an array or another iterable object`,
  );
}

/** Branches that may run at the same time. */
function limitOf({ config }: StepDefinition): number {
  return typeof config?.concurrency === "number" ? config.concurrency : Infinity;
}
