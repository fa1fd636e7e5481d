import { type Duration, parseDuration } from "../definition/duration.ts";
import type { StepRules } from "./step_flow.ts";

/** `delay`: a timer that survives restarts. */
export const delayRules: StepRules = {
  enter(flow, pointer, step) {
    const { duration } = flow.code(step);
    const pause = duration
      ? parseDuration(duration(flow.data, flow.scopeOf(pointer)) as Duration)
      : step.config!.duration as number;
    flow.sleepUntil(pointer, flow.now + pause);
  },
  due: (flow, pointer) => flow.complete(pointer, null),
};
