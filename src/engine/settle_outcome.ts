import type { Program } from "../flow/program.ts";
import { settleFailure, settleStopped, settleSuccess, settleUnbegun } from "../flow/settle.ts";
import { settleRequest } from "../flow/settle_request.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import type { Outcome } from "./attempt.ts";

/** What follows from the outcome of an activation's attempt; null for nothing. */
export function settleOutcome(
  state: InstanceState,
  program: Program,
  id: number,
  outcome: Outcome,
  moment: Moment,
): Advance | null {
  switch (outcome.kind) {
    case "success":
      return settleSuccess(state, program, id, outcome, moment);
    case "failed":
      return settleFailure(state, program, id, outcome.thrown, moment);
    // One that is cut short for another reason stays busy until the run is released.
    case "interrupted":
      return settleStopped(state, program, id, moment) ??
        (state.instance.status === "Suspended" ? settleUnbegun(state, id, moment) : null);
    case "paused":
      return settleRequest(state, program, id, outcome.request, moment);
  }
}
