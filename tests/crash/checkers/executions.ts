import { isBusy, isEnded } from "../../../src/instance/status.ts";
import { type Effect, isUndo, pointerOf } from "../evidence/effect.ts";
import type { RunRecord } from "../evidence/evidence.ts";
import type { PointerRow } from "../evidence/history.ts";
import { type Checker, executionOf, keyOf, replay } from "./checker.ts";

/**
 * A recorded step never runs again, an unrecorded one runs again with the same idempotency key: no attempt is begun
 * twice, and none that the store does not know of.
 */
export const executions: Checker = {
  name: "a recorded step never runs again",
  *checkRun(run, { circumstances }) {
    const rows = latestRows(run);
    for (const [key, effects] of Map.groupBy(run.effects, ({ key }) => key)) {
      const begun = effects.filter(({ phase }) => phase === "begin").map(({ attempt }) => attempt);
      const { step } = effects[0]!;
      if (new Set(begun).size < begun.length) {
        yield { text: `attempts ${begun} of "${step}" (${key}) began, one of them twice`, doubled: 1 };
      }
      const row = rows.get(rowKey(effects[0]!));
      if (!row) {
        if (!circumstances.folded) {
          yield { text: `"${step}" (${key}) was begun, and the store knows nothing of it`, lost: 1 };
        }
        continue;
      }
      if (row.stepKey !== step) {
        yield { text: `"${step}" (${key}) was begun, where the store has "${row.stepKey}"`, lost: 1 };
      }
      const most = Math.max(...begun);
      if (most > row.attempt) {
        yield {
          text:
            `attempt ${most} of "${step}" (${key}) was begun, the store has ${row.attempt}, ${row.status}`,
          doubled: 1,
        };
      }
    }
  },
};

/** What is recorded as a result is what that attempt of the body has done. */
export const witnesses: Checker = {
  name: "recorded results have happened",
  *checkRun({ pointers, effects, instance }) {
    const ends = new Map(effects.filter(({ phase }) => phase === "end").map((end) => [end.value, end]));
    const containers = new Set(pointers.map(({ parent }) => parent));
    for (const pointer of pointers) {
      const { id, stepKey, attempt } = pointer;
      const execution = executionOf(pointer);
      if (execution === null) continue;
      const key = keyOf(instance.id, pointer);
      const end = ends.get(execution);
      if (!end) yield { text: `"${stepKey}" (${key}) has a result that no body gave`, lost: 1 };
      // A container may have the result of what is inside of it.
      else if (end.key !== key ? !containers.has(id) : end.attempt !== attempt) {
        yield {
          text:
            `"${stepKey}" (${key}), attempt ${attempt}, has the result of ${end.key}, attempt ${end.attempt}`,
          doubled: 1,
        };
      }
    }
  },
};

/**
 * Without a fault nothing runs twice: every attempt of a step but the last has failed by script, or was cut short when
 * the run was ended, which somebody has opened again.
 */
export const calm: Checker = {
  name: "no fault, no re-execution",
  *checkRun(run, { circumstances }) {
    if (!circumstances.calm) return;
    const { effects, plan: { expected } } = run;
    const cutShort = cutShortCounts(run);
    for (const [key, same] of Map.groupBy(effects, ({ key }) => key)) {
      const { step } = same[0]!;
      const name = isUndo(same[0]!) ? `undo ${step}` : step;
      if (expected.reentered?.includes(step)) continue;
      const begun = same.filter(({ phase }) => phase === "begin").length;
      const most = 1 + (expected.failures?.[name] ?? 0) + (cutShort.get(key) ?? 0);
      if (begun > most) {
        yield { text: `"${step}" (${key}) was begun ${begun} times`, doubled: begun - most };
      }
    }
  },
};

/** How often each activation, by its idempotency key, was running when the run was ended. */
function cutShortCounts({ history, instance }: RunRecord): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { entry: { header, pointers }, before } of replay(history)) {
    if (!isEnded(header.status)) continue;
    for (const row of pointers) {
      const was = before.get(row.id);
      if (!was || !isBusy(was.status) || row.status !== "Cancelled") continue;
      const key = keyOf(instance.id, row);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** A host whose lease is over begins no body: attempts of one activation begin in their order. */
export const fencing: Checker = {
  name: "a fenced host begins nothing",
  *checkRun({ effects, history }, { circumstances }) {
    if (!circumstances.punctual) return;
    // Nobody but the store can tell a host in time that a run was ended from outside.
    if (history.some(({ header }) => header.status === "Terminated")) return;
    for (const [key, same] of Map.groupBy(effects, ({ key }) => key)) {
      const begun = same.filter(({ phase }) => phase === "begin").map(({ attempt }) => attempt);
      if (begun.some((attempt, index) => attempt < (begun[index - 1] ?? 0))) {
        yield { text: `attempts of "${same[0]!.step}" (${key}) began in the order ${begun}`, doubled: 1 };
      }
    }
  },
};

/** Suspended runs begin nothing. */
export const suspensions: Checker = {
  name: "a suspended run begins nothing",
  *checkRun({ history }) {
    for (const { entry, before } of replay(history)) {
      if (entry.header.status !== "Suspended") continue;
      for (const { id, stepKey, status, attempt } of entry.pointers) {
        const begins = (status === "Running" || status === "Compensating") &&
          attempt > (before.get(id)?.attempt ?? 0);
        if (begins) yield { text: `activation ${id} "${stepKey}" began while the run was suspended` };
      }
    }
  },
};

/** The activations as written last. Those of undos are found by what they undo. */
function latestRows({ history, pointers }: RunRecord): ReadonlyMap<string, PointerRow> {
  const rows = new Map<string, PointerRow>();
  const all: readonly PointerRow[] = history.length > 0
    ? history.flatMap(({ pointers }) => pointers)
    : pointers;
  for (const row of all) rows.set(row.undoes === null ? String(row.id) : `${row.undoes}/undo`, row);
  return rows;
}

function rowKey(effect: Effect): string {
  return isUndo(effect) ? `${pointerOf(effect)}/undo` : String(pointerOf(effect));
}
