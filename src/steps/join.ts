import { frozenJson } from "../definition/canonical_json.ts";
import type { StepDefinition } from "../definition/definition.ts";
import type { Pointer } from "../instance/instance.ts";
import type { StepFlow } from "./step_flow.ts";

/**
 * One of several branches has ended: counts it, begins the next behind the limit, and completes the activation with
 * the branches' results when it was the last.
 */
export function countBranch(
  flow: StepFlow,
  pointer: Pointer,
  step: StepDefinition,
  last: Pointer,
  limit: number,
): void {
  const before = pointer.join!;
  const join = { ...before, done: before.done + 1 };
  const wanted = step.config?.results !== false;
  if (wanted) flow.keepResult(last);
  if (join.done < join.total) {
    flow.keep(pointer, { join });
    return flow.beginNext(join, limit);
  }
  const results = wanted ? flow.takeResults(pointer, join.total) : null;
  if (join.error) return flow.raise(pointer, join);
  flow.complete(pointer, frozenJson(results, `the results of step "${step.key}"`, flow.limits.output));
}
