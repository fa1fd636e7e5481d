import type { Program } from "../flow/program.ts";
import {
  settleBranch,
  settleEventWait,
  settleFailure,
  settlePersist,
  settleSleep,
  settleStopped,
  settleSuccess,
} from "../flow/settle.ts";
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
      return settleStopped(state, program, id, moment);
  }
  const { request } = outcome;
  const kept = request.state ?? null;
  switch (request.kind) {
    case "persist":
      return settlePersist(state, program, id, kept, moment);
    case "sleep":
      return settleSleep(state, program, id, { duration: request.duration, state: kept }, moment);
    case "branch":
      return settleBranch(state, program, id, { values: request.values, state: kept }, moment);
    case "event": {
      const { name, key, since = null, timeout = null } = request;
      return settleEventWait(state, program, id, { name, key, since, timeout, state: kept }, moment);
    }
  }
}
