import type { InstanceState } from "../instance/instance_state.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { Flow } from "./flow.ts";
import type { Program } from "./program.ts";

/** Wakes what is due and begins what is ready; null where there is nothing. */
export function wakeInstance(state: InstanceState, program: Program, moment: Moment): Advance | null {
  const flow = new Flow(state, program, moment);
  flow.beginReady();
  const advance = flow.done(true);
  return flow.change.touches ? advance : null;
}
