import type { Pointer } from "../../src/instance/instance.ts";
import type { SqliteValue } from "./database.ts";
import { toJson } from "./json.ts";
import { effect, type Statement, type Step } from "./write.ts";

/** What never changes of an activation. */
const fixed = ["id", "step_key", "parent", "branch", "item", "saga"];
/** What an activation of a common step has while its body runs or is about to. */
const begun = [...fixed, "status", "open", "attempt", "failures", "input", "started_at"];
/** What it has when it has succeeded. */
const ended = [...begun, "ord", "output", "ended_at"];
const all = [...ended, "undoes", "due_at", "state", "joining", "wait", "event", "closing", "error", "held"];

/**
 * One statement for each set of columns: to bind and to send the NULLs of the others takes a sixth of the time of a
 * step. A column that is not named is NULL, in the row as in `excluded`.
 */
const insert = (columns: readonly string[]): string => `
  INSERT INTO wfe_pointer (run, ${columns.join(", ")}) VALUES (?1, ${
  columns.map((_, n) => `?${n + 2}`).join(", ")
})`;

const upsert = (columns: readonly string[]): string => `
  ${insert(columns)}
  ON CONFLICT (run, id) DO UPDATE SET
    ${
  all.filter((name) => !fixed.includes(name) && name !== "undoes").map((name) => `${name} = excluded.${name}`)
    .join(", ")
}`;

const upsertBegun = effect(upsert(begun));
const upsertEnded = effect(upsert(ended));
const upsertAny = effect(upsert(all));

/** Without ON CONFLICT an INSERT takes three quarters of the time: for activations that are certainly new. */
const insertBegun = effect(insert(begun));
const insertAny = effect(insert(all));

/** Column of the guard that tells whether the first activation that is not settled, and what is behind it, is new. */
export const isNew = "fresh";

/** Id of the first activation that is not settled: what the guard compares with the next id to be given. */
export function firstUnsettled(pointers: readonly Pointer[]): number | null {
  let first: number | null = null;
  for (const { id, endedAt } of pointers) if (endedAt === null && (first === null || id < first)) first = id;
  return first;
}

/** Writes or rewrites an activation of the guard's run. What it is inside of and what it undoes never changes. */
export function writePointer(pointer: Pointer): Step {
  if (pointer.endedAt !== null) {
    return isPlain(pointer) ? [upsertEnded, endedValues(pointer)] : [upsertAny, allValues(pointer)];
  }
  return isPlain(pointer) && pointer.order === null && pointer.output === null
    ? either(insertBegun, upsertBegun, begunValues(pointer))
    : either(insertAny, upsertAny, allValues(pointer));
}

function either(ifNew: Statement, ifKnown: Statement, values: SqliteValue[]): Step {
  return [ifNew, values, isNew, ifKnown];
}

/** Whether it has nothing but what its kind has in common steps. */
function isPlain(pointer: Pointer): boolean {
  const { undoes, dueAt, state, join, wait, event, closing, error, held } = pointer;
  return undoes === null && dueAt === null && state === null && join === null && wait === null &&
    event === null &&
    closing === null && error === null && held === null;
}

function begunValues(pointer: Pointer): SqliteValue[] {
  return [
    pointer.id,
    pointer.stepKey,
    pointer.parent,
    pointer.branch,
    toJson(pointer.item),
    pointer.saga,
    pointer.status,
    pointer.open ? 1 : 0,
    pointer.attempt,
    pointer.failures,
    toJson(pointer.input),
    pointer.startedAt,
  ];
}

function endedValues(pointer: Pointer): SqliteValue[] {
  const values = begunValues(pointer);
  values.push(pointer.order, toJson(pointer.output), pointer.endedAt);
  return values;
}

function allValues(pointer: Pointer): SqliteValue[] {
  const values = endedValues(pointer);
  values.push(
    pointer.undoes,
    pointer.dueAt,
    toJson(pointer.state),
    toJson(pointer.join),
    toJson(pointer.wait),
    toJson(pointer.event),
    toJson(pointer.closing),
    toJson(pointer.error),
    toJson(pointer.held),
  );
  return values;
}
