import { countBranch } from "./join.ts";
import type { StepRules } from "./step_flow.ts";

/** `parallel`: all branches at the same time, until all have ended, or with `wait: "any"` the first. */
export const parallelRules: StepRules = {
  enter(flow, pointer, step) {
    const items = step.branches!.map(() => pointer.item);
    flow.beginBranches(pointer, step.branches!, items, Infinity);
  },
  branchEnded(flow, pointer, step, last, failed) {
    if (step.config?.wait !== "any" || failed) return countBranch(flow, pointer, step, last, Infinity);
    flow.close(pointer, { kind: "join", winner: last.branch, result: last.output });
  },
};
