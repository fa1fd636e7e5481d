import { isSettled } from "../../../src/instance/status.ts";
import type { PointerRow } from "../evidence/history.ts";
import { type Checker, replay } from "./checker.ts";

/**
 * Each activation is undone once, one at a time, the failing one first, then by descending order, a container behind
 * what is inside of it; also when a crash comes between.
 */
export const undos: Checker = {
  name: "undone once, in reverse order",
  *checkRun({ history }) {
    const undone = new Map<number, number>();
    let last: { readonly undo: number; readonly target: PointerRow } | null = null;
    for (const { entry, before, after } of replay(history)) {
      for (const row of entry.pointers) {
        if (row.undoes === null || before.has(row.id)) continue;
        const target = after.get(row.undoes);
        if (!target) {
          yield { text: `undo ${row.id} takes back ${row.undoes}, which was never there` };
          continue;
        }
        if (undone.has(target.id)) {
          yield {
            text: `activation ${target.id} is undone by ${undone.get(target.id)} and ${row.id}`,
            doubled: 1,
          };
        }
        undone.set(target.id, row.id);
        const open = [...after.values()].find(({ id, undoes, status }) =>
          undoes !== null && id !== row.id && !isSettled(status)
        );
        if (open) yield { text: `undo ${row.id} began while undo ${open.id} was ${open.status}` };
        // Ids in a row: nothing else came between.
        if (last?.undo === row.id - 1 && !isBefore(last.target, target)) {
          yield {
            text: `activation ${target.id} "${target.stepKey}" is undone behind ${last.target.id} ` +
              `"${last.target.stepKey}"`,
          };
        }
        last = { undo: row.id, target };
      }
    }
  },
};

/** Whether one activation has to be undone before another. */
function isBefore(first: PointerRow, second: PointerRow): boolean {
  if (first.status === "Failed") return true;
  return (first.order ?? Infinity) >= (second.order ?? Infinity);
}
