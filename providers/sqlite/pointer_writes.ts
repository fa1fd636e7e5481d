import type { Pointer } from "../../src/instance/instance.ts";
import type { SqliteValue } from "./database.ts";
import { toJson } from "./json.ts";
import { effect, type Step } from "./write.ts";

/** What never changes of an activation. */
const fixed = ["id", "step_key", "parent", "branch", "item", "saga", "undoes"];
/** What changes in the course of a common step. */
const common = ["status", "open", "ord", "attempt", "failures", "input", "output", "started_at", "ended_at"];
/** What only some have. */
const rare = ["due_at", "state", "joining", "wait", "event", "closing", "error", "held", "lock_name"];

const place = (_: string, index: number): string => `?${index + 2}`;
const insert = (columns: readonly string[]): string => `
  INSERT INTO wfe_pointer (run, ${columns.join(", ")}) VALUES (?1, ${columns.map(place).join(", ")})`;

/** Several statements: to bind, and to send, what most have in common takes a fifth of the time of a step. */
const insertCommon = effect(insert([...fixed, ...common]));
/** A step of a straight line that has completed, of which nothing else is to be kept. */
const insertStraight = effect(`
  INSERT INTO wfe_pointer (run, id, step_key, ord, attempt, failures, output, started_at, ended_at, branch, status, open)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 'Complete', 0)`);
const insertAny = effect(insert([...fixed, ...common, ...rare]));

const update = (columns: readonly string[], empty: readonly string[]): string => `
  UPDATE wfe_pointer SET ${
  [...columns.map((name, index) => `${name} = ?${index + 3}`), ...empty.map((name) => `${name} = NULL`)].join(
    ", ",
  )
} WHERE run = ?1 AND id = ?2`;

const updateCommon = effect(update(common, rare));
const updateAny = effect(update([...common, ...rare], []));

/** Writes an activation of the guard's run, which is new or known. */
export function writePointer(pointer: Pointer, isKnown: boolean): Step {
  const { id, undoes } = pointer;
  if (!isKnown && isStraight(pointer)) {
    const { stepKey, order, attempt, failures, output, startedAt, endedAt } = pointer;
    return [insertStraight, [id, stepKey, order, attempt, failures, toJson(output), startedAt, endedAt]];
  }
  const hasRare = !isCommon(pointer);
  const values: SqliteValue[] = [id];
  if (!isKnown) {
    values.push(pointer.stepKey, pointer.parent, pointer.branch, toJson(pointer.item), pointer.saga, undoes);
  }
  values.push(
    pointer.status,
    pointer.open ? 1 : 0,
    pointer.order,
    pointer.attempt,
    pointer.failures,
    toJson(pointer.input),
    toJson(pointer.output),
    pointer.startedAt,
    pointer.endedAt,
  );
  if (hasRare) addRare(values, pointer);
  if (isKnown) return [hasRare ? updateAny : updateCommon, values];
  return [hasRare ? insertAny : insertCommon, values];
}

/** Whether it is the completed step of a straight line. */
function isStraight(pointer: Pointer): boolean {
  const { parent, branch, item, saga, undoes, status, open, input } = pointer;
  const isAtTop = parent === null && branch === 0 && item === null && saga === null;
  return isAtTop && status === "Complete" && !open && undoes === null && input === null && isCommon(pointer);
}

/** Whether it has nothing but what is common. */
function isCommon({ dueAt, state, join, wait, event, closing, error, held, lockName }: Pointer): boolean {
  return dueAt === null && state === null && join === null && wait === null && event === null &&
    closing === null && error === null && held === null && lockName === null;
}

function addRare(values: SqliteValue[], pointer: Pointer): void {
  values.push(
    pointer.dueAt,
    toJson(pointer.state),
    toJson(pointer.join),
    toJson(pointer.wait),
    toJson(pointer.event),
    toJson(pointer.closing),
    toJson(pointer.error),
    toJson(pointer.held),
    pointer.lockName,
  );
}
