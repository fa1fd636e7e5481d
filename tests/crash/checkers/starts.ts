import type { Checker } from "./checker.ts";

/** An acknowledged start exists after any crash, once for each idempotency key. */
export const starts: Checker = {
  name: "acknowledged starts",
  *check({ runs, acknowledged }) {
    const byId = new Map(runs.map((run) => [run.instance.id, run]));
    for (const acknowledgement of acknowledged) {
      if (acknowledgement.kind !== "start") continue;
      const { key, runId } = acknowledgement;
      const run = byId.get(runId);
      if (!run) yield { text: `run ${runId} was acknowledged for ${key} and does not exist`, lost: 1 };
      else if (run.key !== key) {
        yield { text: `run ${runId}, acknowledged for ${key}, is that of ${run.key}` };
      }
    }
    for (const [key, same] of Map.groupBy(runs, (run) => run.key)) {
      if (same.length > 1) {
        yield { text: `${key} was started ${same.length} times`, doubled: same.length - 1 };
      }
    }
  },
};
