import type { StepRules } from "./step_flow.ts";

/** `saga`: its branch; where a step inside fails, everything that was started inside is undone. */
export const sagaRules: StepRules = {
  enter(flow, pointer, step) {
    flow.keep(pointer, { join: { total: 1, done: 0 } });
    // Each attempt is a branch of its own.
    flow.beginBranch(pointer, pointer.attempt - 1, step.branches![0]!, pointer.item);
  },
  branchEnded: (flow, pointer, _step, last) => flow.complete(pointer, last.output),
};
