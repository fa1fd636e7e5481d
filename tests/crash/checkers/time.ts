import { isBusy } from "../../../src/instance/status.ts";
import { type Checker, replay } from "./checker.ts";

/** Milliseconds that a timer may be late where nothing is disturbed. */
const mostLate = 3_000;

/** Timers are never early, survive restarts, and are not late where nothing is disturbed. */
export const timers: Checker = {
  name: "timers are never early",
  *checkRun({ history }, { circumstances: { calm, punctual } }) {
    for (const { entry, before } of replay(history)) {
      for (const row of entry.pointers) {
        const was = before.get(row.id);
        if (!was || was.dueAt === null || row.dueAt === was.dueAt || row.status === "Cancelled") continue;
        // What waits with a deadline may be woken by an event; what goes on waiting without one is past it.
        const isTimeout = was.status === "Sleeping" || row.status === "Waiting" || row.status === "Failed";
        if (!isTimeout) continue;
        const at = Math.max(entry.at, row.startedAt ?? 0, row.endedAt ?? 0);
        if (at < was.dueAt) {
          yield { text: `activation ${row.id} "${row.stepKey}" went on ${was.dueAt - at} ms early` };
        }
        if (calm && punctual && at > was.dueAt + mostLate && entry.header.status === "Runnable") {
          yield { text: `activation ${row.id} "${row.stepKey}" went on ${at - was.dueAt} ms late` };
        }
      }
    }
  },
};

/** The count of failures survives restarts, each counts once, and the policy's last one is the last. */
export const retries: Checker = {
  name: "retries are counted exactly",
  *checkRun({ history, plan: { expected } }) {
    for (const { entry, before } of replay(history)) {
      for (const { id, stepKey, undoes, status, failures, attempt } of entry.pointers) {
        const was = before.get(id);
        const name = undoes === null ? stepKey : `undo ${stepKey}`;
        const most = expected.failures?.[name] ?? 0;
        const isReopened = was !== undefined && was.endedAt !== null && failures === 0;
        const counted = failures - (was?.failures ?? 0);
        if (!isReopened && (counted < 0 || counted > 1)) {
          yield { text: `activation ${id} "${name}" has ${failures} failures after ${was?.failures}` };
        }
        if (expected.reentered?.includes(stepKey)) continue;
        if (status === "Sleeping" && was && isBusy(was.status) && counted !== 1) {
          yield {
            text: `activation ${id} "${name}" waits for its next attempt, having ${failures} failures`,
          };
        }
        if (failures > most) {
          yield { text: `activation ${id} "${name}" has ${failures} failures, wanted ${most} at most` };
        }
        if (
          status === "Failed" && was?.status !== "Failed" && attempt > 0 && most > 0 && failures + 1 !== most
        ) {
          yield {
            text: `activation ${id} "${name}" failed for good after ${failures + 1} failures, not ${most}`,
          };
        }
      }
    }
  },
};

/** No more branches run at the same time than the definition allows. */
export const limits: Checker = {
  name: "concurrency limits hold",
  *checkRun({ history, plan: { expected } }) {
    for (const [step, most] of Object.entries(expected.atOnce ?? {})) {
      for (const { entry, after } of replay(history)) {
        const open = [...after.values()].filter(({ stepKey, status }) =>
          stepKey === step && status === "Running"
        );
        if (open.length > most) {
          yield { text: `${open.length} of "${step}" run in transition ${entry.header.sequence}` };
          break;
        }
      }
    }
  },
};
