import { type Attributes, noAttributes } from "../../src/definition/attributes.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import { carriedFromJson } from "../../src/instance/carried.ts";
import type { Ending, Instance, StepFailure } from "../../src/instance/instance.ts";
import type { WorkflowStatus } from "../../src/instance/status.ts";

/** A run as {@linkcode selectInstance} gives it, and the functions that lock runs. */
export interface InstanceRow {
  readonly id: string;
  readonly definition_id: string;
  readonly version: number;
  readonly definition_hash: string;
  readonly status: WorkflowStatus;
  readonly data: JsonObject;
  readonly input_hash: string;
  readonly vars: JsonObject | null;
  readonly attributes: Attributes | null;
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
  readonly forks: Record<string, number> | null;
  readonly ending: Ending | null;
  readonly reason: string | null;
  readonly parked_reason: string | null;
  readonly error: StepFailure | null;
  readonly created_at: number;
  readonly ended_at: number | null;
}

/** The beginning of every query for runs; conditions follow. What is joined so can only be looked up. */
export const selectInstance = `
  SELECT i.id, d.id AS definition_id, d.version, d.hash AS definition_hash, i.status, s.data, s.input_hash, s.vars, s.attributes,
    s.reference, i.idempotency_key, s.traceparent, i.attempt, i.epoch, i.owner, i.sequence, i.next_wake, i.inbox_seq,
    i.inbox_read, i.next_pointer, i.carried, i.crashes, i.forks, i.ending, i.reason, i.parked_reason, i.error,
    i.created_at, i.ended_at
  FROM @wfe_instance AS i JOIN @wfe_data AS s ON s.run = ANY (ARRAY[i.id])
    JOIN @wfe_definition AS d ON d.key = ANY (ARRAY[i.definition])`;

/** A query whose rows come as JSON. */
export function asJson(query: string): string {
  return `SELECT row_to_json(q)::text AS r FROM (${query}) AS q`;
}

/** Row → run, frozen. */
export function instanceFromRow(row: InstanceRow): Instance {
  return deepFreeze({
    id: row.id,
    definitionId: row.definition_id,
    version: row.version,
    definitionHash: row.definition_hash,
    status: row.status,
    data: row.data,
    inputHash: row.input_hash,
    vars: row.vars ?? {},
    reference: row.reference,
    attributes: row.attributes ?? noAttributes,
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
    forks: row.forks ?? {},
    ending: row.ending,
    reason: row.reason,
    parkedReason: row.parked_reason,
    error: row.error,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  });
}
