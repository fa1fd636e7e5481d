import type { StepRules } from "./step_flow.ts";

/** `end`: ends the run from any branch. */
export const endRules: StepRules = {
  enter: (flow, pointer) => flow.endRun(pointer),
};
