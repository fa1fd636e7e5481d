import { isEnded } from "../../../src/instance/status.ts";
import type { WorkData } from "../workload/work_data.ts";
import type { Checker } from "./checker.ts";

/** An acknowledged event reaches each matching wait exactly once. */
export const events: Checker = {
  name: "each wait gets each event once",
  *checkRun({ instance, pointers }, { acknowledged }) {
    const { seen } = instance.data as unknown as WorkData;
    if (new Set(seen).size < seen.length) {
      yield { text: `has seen ${seen.join(", ")}, one of them twice`, doubled: 1 };
    }
    const outputs = pointers.flatMap(({ event, output, wait }) =>
      event?.seq ?? (wait ? [] : eventIn(output))
    );
    if (new Set(outputs).size < outputs.length) yield { text: `took an event twice`, doubled: 1 };
    if (isEnded(instance.status)) return;
    for (const { id, wait, status } of pointers) {
      if (wait === null || status !== "Waiting") continue;
      for (const event of acknowledged) {
        if (event.kind !== "event" || event.name !== wait.name || event.key !== wait.key) continue;
        if (seen.includes(event.messageId)) continue;
        yield { text: `activation ${id} waits for ${event.messageId}, which was acknowledged`, lost: 1 };
      }
    }
  },
};

/** Outputs of waits are message ids, which are texts. */
function eventIn(output: unknown): string | readonly [] {
  return typeof output === "string" ? output : [];
}
