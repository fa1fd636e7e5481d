import type { Instance } from "../../src/instance/instance.ts";
import type { HostInfo } from "../../src/provider/persistence.ts";

/**
 * Where a run stands, for people: a Runnable run is running, or waits for a time or an event, or was interrupted, or is
 * parked until something is mended.
 */
export function standing(run: Instance, owner: HostInfo | null): string {
  if (run.status !== "Runnable") return run.status;
  if (owner) return `running (process ${owner.pid})`;
  if (run.parkedReason !== null) return "parked";
  // Ready work is due at once: nobody is at it.
  return run.nextWake === 0 || run.inboxSeq > run.inboxRead ? "interrupted" : "waits";
}
