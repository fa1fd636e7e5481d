import { isEnded, isSettled, pointerTransitions } from "../../../src/instance/status.ts";
import { type Checker, replay } from "./checker.ts";

/** A result is written once and never changes; what is settled is opened again by retrying or resuming alone. */
export const results: Checker = {
  name: "results are written once",
  *checkRun({ history, pointers }) {
    const last = new Map(history.flatMap(({ pointers }) => pointers.map((row) => [row.id, row])));
    for (const { entry, before } of replay(history)) {
      for (const row of entry.pointers) {
        const was = before.get(row.id);
        if (!was || !isSettled(was.status)) continue;
        const isSame = was.status === row.status && was.attempt === row.attempt &&
          JSON.stringify(was.output) === JSON.stringify(row.output);
        if (!isSame && !pointerTransitions[was.status].includes(row.status)) {
          yield {
            text: `activation ${row.id} "${row.stepKey}" went from ${was.status} to ${row.status}`,
            doubled: 1,
          };
        }
      }
    }
    for (const { id, stepKey, status, attempt, output } of pointers) {
      const row = last.get(id);
      if (!row) yield { text: `activation ${id} "${stepKey}" is there, and nobody wrote it` };
      else if (
        row.status !== status || row.attempt !== attempt ||
        JSON.stringify(row.output) !== JSON.stringify(output)
      ) yield { text: `activation ${id} "${stepKey}" is ${status}, though ${row.status} was written last` };
    }
  },
};

/** An end is final, unless a retry opens a new attempt. */
export const finalEnds: Checker = {
  name: "ends are final",
  *checkRun({ history, instance }) {
    for (const { entry, previous } of replay(history)) {
      const was = previous?.header;
      if (!was || !isEnded(was.status)) continue;
      const { status, attempt } = entry.header;
      const isRetry = was.status !== "Complete" && status === "Runnable" && attempt === was.attempt + 1;
      if (status !== was.status && !isRetry) yield { text: `went from ${was.status} to ${status}` };
      const moved = entry.pointers.filter(({ status }) => status !== "Pending" && status !== "Waiting");
      if (moved.length > 0) {
        yield { text: `has activations ${moved.map(({ id }) => id)} written after its end`, doubled: 1 };
      }
    }
    const last = history.at(-1)?.header;
    if (last && last.status !== instance.status) {
      yield { text: `is ${instance.status}, though ${last.status} was written last` };
    }
  },
};

/** A result and what follows from it are one transaction: after every write something goes on, or the run has ended. */
export const atomicAdvance: Checker = {
  name: "result and advance are one",
  *checkRun({ history }) {
    for (const { entry: { header }, after } of replay(history)) {
      const open = [...after.values()].filter(({ status }) => !isSettled(status));
      if (!isEnded(header.status) && open.length === 0 && !reopens(after)) {
        yield { text: `has nothing that goes on after transition ${header.sequence}`, lost: 1 };
      }
      if (isEnded(header.status) && open.length > 0) {
        yield {
          text: `ended in transition ${header.sequence} with activations ${open.map(({ id }) => id)} open`,
        };
      }
    }
  },
};

/** A step that failed, with the run suspended, is opened again when somebody resumes it. */
function reopens(after: ReadonlyMap<number, { readonly status: string }>): boolean {
  return [...after.values()].some(({ status }) => status === "Failed");
}

/** A container settles no sooner than all that is inside of it. */
export const joins: Checker = {
  name: "joins fire once all has ended",
  *checkRun({ history }) {
    for (const { entry, after } of replay(history)) {
      const settled = new Set(entry.pointers.filter(({ status }) => isSettled(status)).map(({ id }) => id));
      if (settled.size === 0) continue;
      for (const { id, parent, status } of after.values()) {
        if (parent === null || !settled.has(parent) || isSettled(status)) continue;
        yield { text: `activation ${parent} settled with ${id}, inside of it, ${status}` };
      }
    }
  },
};
