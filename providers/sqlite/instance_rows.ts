import { type Attributes, noAttributes } from "../../src/definition/attributes.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import type { Ending, Instance, StepFailure } from "../../src/instance/instance.ts";
import type { WorkflowStatus } from "../../src/instance/status.ts";
import { carriedFromJson } from "../../src/instance/carried.ts";
import { fromJson } from "./json.ts";

/** A run as {@linkcode selectInstance} gives it. */
export interface InstanceRow {
  readonly key: number;
  readonly id: string;
  readonly definition_id: string;
  readonly version: number;
  readonly definition_hash: string;
  readonly status: WorkflowStatus;
  readonly data: string;
  readonly input_hash: string;
  readonly vars: string | null;
  readonly attributes: string | null;
  readonly reference: string | null;
  readonly idempotency_key: string | null;
  readonly traceparent: string | null;
  readonly attempt: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly sequence: number;
  readonly next_wake: number | null;
  readonly inbox_seq: number;
  readonly inbox_read: number;
  readonly next_pointer: number;
  readonly carried: string | null;
  readonly crashes: number;
  readonly forks: string | null;
  readonly ending: string | null;
  readonly reason: string | null;
  readonly parked_reason: string | null;
  readonly error: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
}

/** The beginning of every query for runs; conditions follow. */
export const selectInstance = `
  SELECT i.key, i.id, d.id AS definition_id, d.version, d.hash AS definition_hash, i.status, s.data, s.input_hash, s.vars, s.attributes,
    s.reference, s.idempotency_key, s.traceparent, i.attempt, i.epoch, i.owner, i.sequence, i.next_wake, i.inbox_seq,
    i.inbox_read, i.next_pointer, i.carried, i.crashes, i.forks, i.ending, i.reason, i.parked_reason, i.error, i.created_at, i.ended_at
  FROM wfe_instance AS i CROSS JOIN wfe_data AS s ON s.run = i.key CROSS JOIN wfe_definition AS d ON d.key = i.definition`;

/** The beginning of a query for the run with an idempotency key, which is in the second table. */
export const selectInstanceByData = selectInstance.replace(
  "wfe_instance AS i CROSS JOIN wfe_data AS s ON s.run = i.key",
  "wfe_data AS s CROSS JOIN wfe_instance AS i ON i.key = s.run",
);

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
    vars: fromJson<JsonObject>(row.vars) ?? {},
    reference: row.reference,
    attributes: fromJson<Attributes>(row.attributes) ?? noAttributes,
    idempotencyKey: row.idempotency_key,
    traceparent: row.traceparent,
    attempt: row.attempt,
    epoch: row.epoch,
    owner: row.owner,
    sequence: row.sequence,
    nextWake: row.next_wake,
    inboxSeq: row.inbox_seq,
    inboxRead: row.inbox_read,
    nextPointer: row.next_pointer,
    carried: row.carried === null ? null : carriedFromJson(row.carried).id,
    crashes: row.crashes,
    forks: fromJson<Record<string, number>>(row.forks) ?? {},
    ending: fromJson<Ending>(row.ending),
    reason: row.reason,
    parkedReason: row.parked_reason,
    error: fromJson<StepFailure>(row.error),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  });
}
