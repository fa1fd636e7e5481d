import type { Request } from "../definition/execution_result.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import type { Program } from "./program.ts";
import { settleBranch, settleEventWait, settlePersist, settleSleep } from "./settle.ts";

/** What a body asks for before it has ended: to be entered again. */
export type PauseRequest = Exclude<Request, { kind: "next" | "outcome" }>;

/** A body has paused: it is entered again as it has asked for. */
export function settleRequest(
  state: InstanceState,
  program: Program,
  id: number,
  request: PauseRequest,
  moment: Moment,
): Advance {
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
