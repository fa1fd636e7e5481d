import { isEnded } from "../../../src/instance/status.ts";
import type { RunRecord } from "../evidence/evidence.ts";
import type { Count } from "../workload/scenario.ts";
import type { WorkData } from "../workload/work_data.ts";
import { type Checker, executionOf, type Finding, keyOf } from "./checker.ts";

/** Every run comes to its end. */
export const stuck: Checker = {
  name: "stuck runs",
  *checkRun({ instance, pointers }) {
    const { status, reason, parkedReason, nextWake, owner } = instance;
    if (isEnded(status)) return;
    const open = pointers.filter(({ endedAt }) => endedAt === null);
    const at = open.map(({ id, stepKey, status }) => `${id} "${stepKey}" ${status}`).join(", ");
    yield {
      text: `is ${status} (${reason ?? parkedReason ?? `due ${nextWake}, owner ${owner}`}) with ${
        at || "nothing"
      }`,
    };
  },
};

/**
 * A run ends as it was meant to, with every step, iteration, branch and undo recorded exactly as often as it must be;
 * its data says the same as its activations: both are written in one transaction.
 */
export const exactCounts: Checker = {
  name: "exact counts",
  *checkRun(run, { circumstances }) {
    const { instance, plan: { expected } } = run;
    if (!isEnded(instance.status)) return;
    const counts = expected.ends[instance.status];
    if (!counts) {
      const message = instance.error?.message ?? instance.reason ?? "";
      yield { text: `ended as ${instance.status} ${message}, wanted ${Object.keys(expected.ends)}` };
      return;
    }
    const data = instance.data as unknown as WorkData;
    yield* compare("the data counts", data.counts, counts);
    if (!circumstances.folded) yield* compare("recorded are", recordedCounts(run), counts);
    if (instance.status !== "Complete") return;
    for (const [key, value] of Object.entries(expected.data ?? {})) {
      const found = JSON.stringify(instance.data[key]);
      if (found !== JSON.stringify(value)) {
        yield { text: `has ${key} ${found}, wanted ${JSON.stringify(value)}` };
      }
    }
  },
};

function recordedCounts({ instance, pointers }: RunRecord): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pointer of pointers) {
    if (!executionOf(pointer)?.startsWith(`${keyOf(instance.id, pointer)}#`)) continue;
    const name = pointer.undoes === null ? pointer.stepKey : `undo ${pointer.stepKey}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function* compare(
  what: string,
  found: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, Count>>,
): Iterable<Finding> {
  for (const step of new Set([...Object.keys(found), ...Object.keys(wanted)])) {
    const count = found[step] ?? 0;
    const want = wanted[step] ?? 0;
    const [least, most] = typeof want === "number" ? [want, want] : want;
    if (count < least) {
      yield { text: `${what} "${step}" ${count} times, wanted ${want}`, lost: least - count };
    }
    if (count > most) {
      yield { text: `${what} "${step}" ${count} times, wanted ${want}`, doubled: count - most };
    }
  }
}
