import type { Defect } from "../simulation/simulation.ts";
import { droppedEvent } from "./dropped_event.ts";
import { earlyAcknowledgement } from "./early_acknowledgement.ts";
import { forgetfulOutbox } from "./forgetful_outbox.ts";
import { forgottenFailures } from "./forgotten_failures.ts";
import { forgottenTimer } from "./forgotten_timer.ts";
import { noEpochCheck } from "./no_epoch_check.ts";
import { noLease } from "./no_lease.ts";
import { overwrittenWakeUp } from "./overwritten_wake_up.ts";
import { staleResult } from "./stale_result.ts";
import { twoTransactions } from "./two_transactions.ts";

/** The defects that have to be found, by what they are. */
export const defects: Readonly<Record<string, () => Defect>> = {
  "no epoch check": noEpochCheck,
  "no lease": noLease,
  "result and advance in two transactions": twoTransactions,
  "acknowledgement before the commit": earlyAcknowledgement,
  "a forgotten timer": forgottenTimer,
  "a wake-up written over a message": overwrittenWakeUp,
  "an event dropped while the run is worked on": droppedEvent,
  "failures are not counted": forgottenFailures,
  "the result of an earlier attempt": staleResult,
  "lifecycle events forgotten too soon": forgetfulOutbox,
};
