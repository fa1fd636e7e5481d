import type { Pointer } from "../../src/instance/instance.ts";
import type { SqliteValue } from "./database.ts";
import { toJson } from "./json.ts";
import { effect, type Step } from "./write.ts";

/** What never changes of an activation. */
const fixed = ["id", "step_key", "parent", "branch", "item", "saga", "undoes"];
/** What changes in the course of a common step. */
const common = ["status", "open", "ord", "attempt", "failures", "input", "output", "started_at", "ended_at"];
/** What only some have. */
const rare = ["due_at", "state", "joining", "wait", "event", "closing", "error", "held"];

const place = (_: string, index: number): string => `?${index + 2}`;
const insert = (columns: readonly string[]): string => `
  INSERT INTO wfe_pointer (run, ${columns.join(", ")}) VALUES (?1, ${columns.map(place).join(", ")})`;

/** Two statements each: to bind, and to send, NULLs that most have takes a sixth of the time of a step. */
const insertCommon = effect(insert([...fixed, ...common]));
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

/** Whether it has nothing but what is common. */
function isCommon({ dueAt, state, join, wait, event, closing, error, held }: Pointer): boolean {
  return dueAt === null && state === null && join === null && wait === null && event === null &&
    closing === null && error === null && held === null;
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
  );
}
