import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type {
  Closing,
  EventWait,
  Join,
  Pointer,
  PublishedEvent,
  StepFailure,
} from "../../src/instance/instance.ts";
import type { PointerStatus } from "../../src/instance/status.ts";
import { fromJson } from "./json.ts";

/** An activation as {@linkcode selectPointer} gives it. */
export interface PointerRow {
  readonly id: number;
  readonly step_key: string;
  readonly parent: number | null;
  readonly branch: number;
  readonly status: PointerStatus;
  readonly open: 0 | 1;
  readonly ord: number | null;
  readonly attempt: number;
  readonly failures: number;
  readonly due_at: number | null;
  readonly item: string | null;
  readonly saga: number | null;
  readonly undoes: number | null;
  readonly input: string | null;
  readonly state: string | null;
  readonly joining: string | null;
  readonly wait: string | null;
  readonly event: string | null;
  readonly closing: string | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly held: string | null;
  readonly lock_name: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** The beginning of every query for activations; conditions follow. */
export const selectPointer = `
  SELECT id, step_key, parent, branch, status, open, ord, attempt, failures, due_at, item, saga, undoes, input, state, joining,
    wait, event, closing, output, error, held, lock_name, started_at, ended_at
  FROM wfe_pointer`;

/** Row → activation, frozen. */
export function pointerFromRow(row: PointerRow): Pointer {
  return deepFreeze({
    id: row.id,
    stepKey: row.step_key,
    parent: row.parent,
    branch: row.branch,
    item: fromJson(row.item),
    saga: row.saga,
    undoes: row.undoes,
    status: row.status,
    open: row.open === 1,
    order: row.ord,
    attempt: row.attempt,
    failures: row.failures,
    dueAt: row.due_at,
    input: fromJson(row.input),
    state: fromJson(row.state),
    join: fromJson<Join>(row.joining),
    wait: fromJson<EventWait>(row.wait),
    event: fromJson<PublishedEvent>(row.event),
    closing: fromJson<Closing>(row.closing),
    output: fromJson(row.output),
    error: fromJson<StepFailure>(row.error),
    held: fromJson(row.held),
    lockName: row.lock_name,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  });
}
