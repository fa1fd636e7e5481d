import { frozenJson } from "../definition/canonical_json.ts";
import type { JsonValue } from "../definition/json.ts";
import type { StepRules } from "./step_flow.ts";

/** `decide`: the flow goes on where the value leads. */
export const decideRules: StepRules = {
  enter(flow, pointer, step) {
    const value = flow.code(step).value!(flow.data, flow.scopeOf(pointer)) as JsonValue | undefined;
    const outcome = frozenJson(value ?? null, "outcome", flow.limits.output);
    flow.complete(pointer, outcome, outcome);
  },
};
