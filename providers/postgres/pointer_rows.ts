import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { JsonValue } from "../../src/definition/json.ts";
import { withCarried } from "../../src/instance/carried.ts";
import type {
  Closing,
  EventWait,
  Join,
  Pointer,
  PublishedEvent,
  StepFailure,
} from "../../src/instance/instance.ts";
import type { PointerStatus } from "../../src/instance/status.ts";

/** An activation as it is kept. */
export interface PointerRow {
  readonly id: number;
  readonly step_key: string;
  readonly parent: number | null;
  readonly branch: number;
  readonly status: PointerStatus;
  readonly open: boolean;
  readonly ord: number | null;
  readonly attempt: number;
  readonly failures: number;
  readonly due_at: number | null;
  readonly item: JsonValue;
  readonly saga: number | null;
  readonly undoes: number | null;
  readonly input: JsonValue;
  readonly state: JsonValue;
  readonly joining: Join | null;
  readonly wait: EventWait | null;
  readonly event: PublishedEvent | null;
  readonly closing: Closing | null;
  readonly output: JsonValue;
  readonly error: StepFailure | null;
  readonly held: JsonValue;
  readonly lock_name: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** Row → activation, frozen. */
export function pointerFromRow(row: PointerRow): Pointer {
  return deepFreeze({
    id: row.id,
    stepKey: row.step_key,
    parent: row.parent,
    branch: row.branch,
    item: row.item,
    saga: row.saga,
    undoes: row.undoes,
    status: row.status,
    open: row.open,
    order: row.ord,
    attempt: row.attempt,
    failures: row.failures,
    dueAt: row.due_at,
    input: row.input,
    state: row.state,
    join: row.joining,
    wait: row.wait,
    event: row.event,
    closing: row.closing,
    output: row.output,
    error: row.error,
    held: row.held,
    lockName: row.lock_name,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  });
}

/** What changes of an activation, by column; what is null is left out. */
export function changingColumns(pointer: Pointer): Record<string, unknown> {
  const { status, open, order, attempt, failures, input, output, startedAt, endedAt } = pointer;
  const columns: Record<string, unknown> = { status, open, attempt, failures };
  if (order !== null) columns["ord"] = order;
  if (input !== null) columns["input"] = input;
  if (output !== null) columns["output"] = output;
  if (startedAt !== null) columns["started_at"] = startedAt;
  if (endedAt !== null) columns["ended_at"] = endedAt;
  const { dueAt, state, join, wait, event, closing, error, held, lockName } = pointer;
  if (dueAt !== null) columns["due_at"] = dueAt;
  if (state !== null) columns["state"] = state;
  if (join !== null) columns["joining"] = join;
  if (wait !== null) columns["wait"] = wait;
  if (event !== null) columns["event"] = event;
  if (closing !== null) columns["closing"] = closing;
  if (error !== null) columns["error"] = error;
  if (held !== null) columns["held"] = held;
  if (lockName !== null) columns["lock_name"] = lockName;
  return columns;
}

/** What never changes of an activation, by column; what is null is left out. */
export function fixedColumns(
  { stepKey, parent, branch, item, saga, undoes }: Pointer,
): Record<string, unknown> {
  const columns: Record<string, unknown> = { step_key: stepKey, branch };
  if (parent !== null) columns["parent"] = parent;
  if (item !== null) columns["item"] = item;
  if (saga !== null) columns["saga"] = saga;
  if (undoes !== null) columns["undoes"] = undoes;
  return columns;
}

/** Activations in the order of their ids, with the one that the header carries at its place. */
export function pointersFromRows(rows: readonly PointerRow[], carried: string | null): Pointer[] {
  return withCarried(rows.map(pointerFromRow), carried);
}
