import type { StepRules } from "./step_flow.ts";

/** `if`: one branch or the other, or none. */
export const ifRules: StepRules = {
  enter(flow, pointer, step) {
    const holds = Boolean(flow.code(step).condition!(flow.data, flow.scopeOf(pointer)));
    const branch = holds ? 0 : 1;
    const first = step.branches?.[branch];
    if (first === undefined) return flow.complete(pointer, null);
    flow.keep(pointer, { join: { total: 1, done: 0 } });
    flow.beginBranch(pointer, branch, first, pointer.item);
  },
  branchEnded: (flow, pointer) => flow.complete(pointer, null),
};
