import type { StepDefinition } from "../definition/definition.ts";
import type { Pointer } from "../instance/instance.ts";
import type { StepFlow, StepRules } from "./step_flow.ts";

const defaultHistory = { last: 100 };

/**
 * `while`: its branch again and again, numbered by iteration. The activation itself is not written while it loops: the
 * number of the iteration is that of the branch that has ended.
 */
export const whileRules: StepRules = {
  enter(flow, pointer, step) {
    iterate(flow, pointer, step, iterationOf(pointer));
  },
  branchEnded(flow, pointer, step, last) {
    const history = flow.definition.history ?? defaultHistory;
    if (history !== "full" && last.branch >= history.last) flow.fold(pointer, last.branch - history.last);
    iterate(flow, pointer, step, last.branch + 1);
  },
};

function iterate(flow: StepFlow, pointer: Pointer, step: StepDefinition, iteration: number): void {
  const scope = { ...flow.scopeOf(pointer), index: iteration };
  let holds: boolean;
  try {
    holds = Boolean(flow.code(step).condition!(flow.data, scope));
  } catch (error) {
    // Another attempt goes on from here.
    flow.keep(pointer, { state: iteration, join: null });
    throw error;
  }
  if (!holds) return flow.complete(pointer, null);
  if (pointer.join === null || pointer.state !== null) {
    flow.keep(pointer, { state: null, join: { total: 1, done: 0 } });
  }
  flow.beginBranch(pointer, iteration, step.branches![0]!, pointer.item);
}

function iterationOf({ state }: Pointer): number {
  return typeof state === "number" ? state : 0;
}
