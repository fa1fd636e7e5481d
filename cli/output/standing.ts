import type { Instance } from "../../src/instance/instance.ts";
import type { HostInfo } from "../../src/provider/persistence.ts";

/** Where a run stands, for people: a Runnable run is running, interrupted or waits for something to be mended. */
export function standing(run: Instance, owner: HostInfo | null): string {
  if (run.status !== "Runnable") return run.status;
  if (owner) return `running (process ${owner.pid})`;
  return run.parkedReason === null ? "interrupted" : "parked";
}
