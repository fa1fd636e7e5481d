import { carriedFromJson } from "../../../src/instance/carried.ts";
import type { JsonValue } from "../../../src/definition/json.ts";
import { type HistoryEntry, type PointerRow, rowOf } from "./history.ts";

/** The header of a run, as a trigger of its store has kept it. */
export interface AuditHeader {
  readonly seq: number;
  readonly at: number;
  readonly id: string;
  readonly hash: string;
  readonly status: HistoryEntry["header"]["status"];
  readonly attempt: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly sequence: number;
  readonly inbox_read: number;
  readonly next_pointer: number;
  readonly crashes: number;
  readonly reason: string | null;
  readonly carried: string | null;
}

/** An activation, as a trigger of its store has kept it, with the number of the header that was written with it. */
export interface AuditPointer {
  readonly header: number;
  readonly id: number;
  readonly step_key: string;
  readonly parent: number | null;
  readonly branch: number;
  readonly undoes: number | null;
  readonly status: PointerRow["status"];
  readonly ord: number | null;
  readonly attempt: number;
  readonly failures: number;
  readonly due_at: number | null;
  readonly output: JsonValue;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** What triggers have kept, as accepted writes in their order. Who made each is not known. */
export function entriesOf(
  headers: readonly AuditHeader[],
  pointers: readonly AuditPointer[],
): HistoryEntry[] {
  const byHeader = Map.groupBy(pointers, (row) => row.header);
  const carried = new Map<string, string>();
  return headers.map((row) => {
    const rows = (byHeader.get(row.seq) ?? []).map(pointerOf);
    if (row.carried !== null && row.carried !== carried.get(row.id)) {
      carried.set(row.id, row.carried);
      rows.push(rowOf(carriedFromJson(row.carried)));
    }
    return { kind: null, writer: null, at: row.at, header: headerOf(row), pointers: rows };
  });
}

function headerOf(row: AuditHeader): HistoryEntry["header"] {
  return {
    id: row.id,
    definitionHash: row.hash,
    status: row.status,
    attempt: row.attempt,
    epoch: row.epoch,
    owner: row.owner,
    sequence: row.sequence,
    inboxRead: row.inbox_read,
    nextPointer: row.next_pointer,
    crashes: row.crashes,
    reason: row.reason,
  };
}

function pointerOf(row: AuditPointer): PointerRow {
  return {
    id: row.id,
    stepKey: row.step_key,
    parent: row.parent,
    branch: row.branch,
    undoes: row.undoes,
    status: row.status,
    order: row.ord,
    attempt: row.attempt,
    failures: row.failures,
    dueAt: row.due_at,
    output: row.output,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
