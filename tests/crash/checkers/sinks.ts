import { isEnded } from "../../../src/instance/status.ts";
import type { Checker, Finding } from "./checker.ts";

/** A durable sink gets every lifecycle event at least once, those of one run in their order, and none that was not. */
export const sinks: Checker = {
  name: "sinks miss nothing",
  *check({ published, runs, circumstances }) {
    if (published === null) return;
    const byRun = Map.groupBy(published, ({ runId }) => runId);
    for (const { instance, pointers } of runs) {
      const { id, sequence } = instance;
      const events = byRun.get(id) ?? [];
      let last = 0;
      const seen = new Set<string>();
      for (const event of events) {
        const identity = JSON.stringify(event);
        if (event.sequence < last && !seen.has(identity)) {
          yield { text: `run ${id}: ${event.type} of transition ${event.sequence} came behind ${last}` };
        }
        if (event.sequence > sequence) {
          yield {
            text: `run ${id}: ${event.type} of transition ${event.sequence}, where ${sequence} is the last`,
          };
        }
        seen.add(identity);
        last = Math.max(last, event.sequence);
      }
      const types = new Set(events.map(({ type }) => type));
      yield* missing(types, id, "WorkflowStarted");
      if (isEnded(instance.status)) {
        yield* missing(
          types,
          id,
          instance.status === "Complete" ? "WorkflowCompleted" : `Workflow${instance.status}`,
        );
      }
      if (circumstances.folded) continue;
      const completed = new Set(
        events.flatMap((event) => event.type === "StepCompleted" ? event.pointerId : []),
      );
      for (const { id: pointer, stepKey, status } of pointers) {
        if (status !== "Complete" || completed.has(pointer)) continue;
        yield { text: `run ${id}: the sink never heard that "${stepKey}" (${pointer}) completed`, lost: 1 };
      }
    }
  },
};

function* missing(types: ReadonlySet<string>, runId: string, type: string): Iterable<Finding> {
  if (!types.has(type)) yield { text: `run ${runId}: the sink never heard of ${type}`, lost: 1 };
}
