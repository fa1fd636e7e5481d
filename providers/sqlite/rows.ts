import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import type { LogStream } from "../../src/definition/step_context.ts";
import type { ControlIntent, Instance, Mail, Pointer, StepFailure } from "../../src/instance/instance.ts";
import type { PointerStatus, WorkflowStatus } from "../../src/instance/status.ts";
import type { StoredLogLine } from "../../src/provider/persistence.ts";
import type { SqliteValue } from "./database.ts";

/** A run as {@linkcode selectInstance} gives it. */
export interface InstanceRow {
  readonly key: number;
  readonly id: string;
  readonly definition_id: string;
  readonly version: number;
  readonly definition_hash: string;
  readonly status: WorkflowStatus;
  readonly input_hash: string;
  readonly reference: string | null;
  readonly idempotency_key: string | null;
  readonly attempt: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly sequence: number;
  readonly next_wake: number | null;
  readonly inbox_seq: number;
  readonly inbox_read: number;
  readonly next_pointer: number;
  readonly reason: string | null;
  readonly parked_reason: string | null;
  readonly error: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly vars: string;
  readonly data: string;
}

/** The beginning of every query for runs; conditions follow. */
export const selectInstance = `
  SELECT key, id, definition_id, version, definition_hash, status, input_hash, reference, idempotency_key, attempt, epoch,
    owner, sequence, next_wake, inbox_seq, inbox_read, next_pointer, reason, parked_reason, error, created_at, ended_at,
    vars, data
  FROM wfe_instance CROSS JOIN wfe_data ON run = key`;

/** Row → run, frozen. */
export function instanceFromRow(row: InstanceRow): Instance {
  return deepFreeze({
    id: row.id,
    definitionId: row.definition_id,
    version: row.version,
    definitionHash: row.definition_hash,
    status: row.status,
    data: JSON.parse(row.data) as JsonObject,
    inputHash: row.input_hash,
    vars: JSON.parse(row.vars) as JsonObject,
    reference: row.reference,
    idempotencyKey: row.idempotency_key,
    attempt: row.attempt,
    epoch: row.epoch,
    owner: row.owner,
    sequence: row.sequence,
    nextWake: row.next_wake,
    inboxSeq: row.inbox_seq,
    inboxRead: row.inbox_read,
    nextPointer: row.next_pointer,
    reason: row.reason,
    parkedReason: row.parked_reason,
    error: fromJson<StepFailure>(row.error),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  });
}

/** An activation as {@linkcode selectPointer} gives it. */
export interface PointerRow {
  readonly id: number;
  readonly step_key: string;
  readonly status: PointerStatus;
  readonly attempt: number;
  readonly failures: number;
  readonly due_at: number | null;
  readonly state: string | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly held: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** The beginning of every query for activations; conditions follow. */
export const selectPointer = `
  SELECT id, step_key, status, attempt, failures, due_at, state, output, error, held, started_at, ended_at
  FROM wfe_pointer`;

/** Row → activation, frozen. */
export function pointerFromRow(row: PointerRow): Pointer {
  return deepFreeze({
    id: row.id,
    stepKey: row.step_key,
    status: row.status,
    attempt: row.attempt,
    failures: row.failures,
    dueAt: row.due_at,
    state: fromJson<JsonValue>(row.state),
    output: fromJson<JsonValue>(row.output),
    error: fromJson<StepFailure>(row.error),
    held: fromJson<JsonValue>(row.held),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  });
}

/** Writes or rewrites an activation; takes the run's key, then {@linkcode pointerValues}. */
export const upsertPointer = `
  INSERT INTO wfe_pointer
    (run, id, step_key, status, attempt, failures, due_at, state, output, error, held, started_at, ended_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
  ON CONFLICT (run, id) DO UPDATE SET
    status = excluded.status, attempt = excluded.attempt, failures = excluded.failures, due_at = excluded.due_at,
    state = excluded.state, output = excluded.output, error = excluded.error, held = excluded.held,
    started_at = excluded.started_at, ended_at = excluded.ended_at`;

/** Activation → parameters. */
export function pointerValues(pointer: Pointer): SqliteValue[] {
  return [
    pointer.id,
    pointer.stepKey,
    pointer.status,
    pointer.attempt,
    pointer.failures,
    pointer.dueAt,
    toJson(pointer.state),
    toJson(pointer.output),
    toJson(pointer.error),
    toJson(pointer.held),
    pointer.startedAt,
    pointer.endedAt,
  ];
}

/** A message as it is stored. */
export interface MailRow {
  readonly seq: number;
  readonly intent: ControlIntent;
  readonly reason: string | null;
}

/** Row → message, frozen. */
export function mailFromRow({ seq, intent, reason }: MailRow): Mail {
  return Object.freeze({ seq, intent, reason });
}

/** A log line as it is stored. */
export interface LogRow {
  readonly seq: number;
  readonly pointer: number;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly text: string;
  readonly at: number;
}

/** Row → log line, frozen. */
export function logLineFromRow(runId: string, row: LogRow): StoredLogLine {
  const { seq, pointer: pointerId, attempt, stream, text, at } = row;
  return Object.freeze({ seq, runId, pointerId, attempt, stream, text, at });
}

/** A JSON value as text; null stays null. */
export function toJson(value: JsonValue | StepFailure): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromJson<Value>(text: string | null): Value | null {
  return text === null ? null : JSON.parse(text);
}
