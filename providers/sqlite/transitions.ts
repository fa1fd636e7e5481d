import type { InstanceState, Pointer } from "../../src/instance/instance.ts";
import type { Transition } from "../../src/instance/transition.ts";
import type { Connection } from "./connection.ts";
import {
  instanceFromRow,
  type InstanceRow,
  pointerFromRow,
  type PointerRow,
  pointerValues,
  selectInstance,
  selectPointer,
  toJson,
  upsertPointer,
} from "./rows.ts";

/** An owner that is no host any more is written as none. */
const insertInstance = `
  INSERT INTO wfe_instance
    (id, definition_id, version, definition_hash, status, input_hash, reference, idempotency_key, attempt, epoch, owner,
      sequence, next_wake, inbox_read, next_pointer, reason, parked_reason, error, created_at, ended_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, (SELECT incarnation FROM wfe_host WHERE incarnation = ?11),
    ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
  ON CONFLICT (id) DO NOTHING
  RETURNING key`;

/**
 * The one place where a run's header changes by a commit. The WHERE clause is what refuses a stale owner; the CASE
 * keeps a message that arrived meanwhile from being slept over.
 */
const updateInstance = `
  UPDATE wfe_instance SET
    status = ?4, attempt = ?5, epoch = ?6, owner = (SELECT incarnation FROM wfe_host WHERE incarnation = ?7),
    sequence = ?3, next_wake = CASE WHEN inbox_seq > ?9 THEN ?15 ELSE ?8 END, inbox_read = ?9, next_pointer = ?10,
    reason = ?11, parked_reason = ?12, error = ?13, ended_at = ?14
  WHERE id = ?1 AND epoch = ?2 AND sequence = ?3 - 1
  RETURNING key, inbox_seq`;

/** Left to itself, SQLite would read the finished activations too. */
export const selectOpenPointers = `${selectPointer} INDEXED BY wfe_pointer_open
  WHERE run = ?1 AND status <> 'Complete' ORDER BY id`;

/** Writes a new run; returns whether its id was free. */
export function insertRun(connection: Connection, { instance, pointers }: Transition): boolean {
  const row = connection.get<{ readonly key: number }>(
    insertInstance,
    instance.id,
    instance.definitionId,
    instance.version,
    instance.definitionHash,
    instance.status,
    instance.inputHash,
    instance.reference,
    instance.idempotencyKey,
    instance.attempt,
    instance.epoch,
    instance.owner,
    instance.sequence,
    instance.nextWake,
    instance.inboxRead,
    instance.nextPointer,
    instance.reason,
    instance.parkedReason,
    toJson(instance.error),
    instance.createdAt,
    instance.endedAt,
  );
  if (!row) return false;
  connection.run(
    "INSERT INTO wfe_data (run, vars, data) VALUES (?1, ?2, ?3)",
    row.key,
    JSON.stringify(instance.vars),
    JSON.stringify(instance.data),
  );
  writePointers(connection, row.key, pointers);
  return true;
}

/** Writes a transition where its epoch and sequence fit; returns the last message's number, or null where not. */
export function applyTransition(connection: Connection, transition: Transition, now: number): number | null {
  const { instance, epoch, sequence, pointers, dataChanged } = transition;
  const row = connection.get<{ readonly key: number; readonly inbox_seq: number }>(
    updateInstance,
    instance.id,
    epoch,
    sequence,
    instance.status,
    instance.attempt,
    instance.epoch,
    instance.owner,
    instance.nextWake,
    instance.inboxRead,
    instance.nextPointer,
    instance.reason,
    instance.parkedReason,
    toJson(instance.error),
    instance.endedAt,
    now,
  );
  if (!row) return null;
  if (dataChanged) {
    connection.run("UPDATE wfe_data SET data = ?2 WHERE run = ?1", row.key, JSON.stringify(instance.data));
  }
  writePointers(connection, row.key, pointers);
  return row.inbox_seq;
}

/** Reads a run with its open activations. */
export function loadState(connection: Connection, runId: string): InstanceState | null {
  const row = connection.get<InstanceRow>(`${selectInstance} WHERE id = ?1`, runId);
  if (!row) return null;
  const pointers = connection.all<PointerRow>(
    selectOpenPointers,
    row.key,
  );
  return {
    instance: instanceFromRow(row),
    pointers: new Map(pointers.map((pointer) => [pointer.id, pointerFromRow(pointer)])),
  };
}

function writePointers(connection: Connection, key: number, pointers: readonly Pointer[]): void {
  for (const pointer of pointers) connection.run(upsertPointer, key, ...pointerValues(pointer));
}
