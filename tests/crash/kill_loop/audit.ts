import type { DatabaseSync } from "node:sqlite";
import { carriedFromJson } from "../../../src/instance/carried.ts";
import { type HistoryEntry, type PointerRow, rowOf } from "../evidence/history.ts";

/**
 * Triggers that keep every accepted write of a run, in the transaction of the write itself: what a process notes that
 * is killed a moment later could lack the last of them. A transition writes the header first, with the activation that
 * it carries, then the others.
 */
const triggers = `
  CREATE TABLE audit_header (
    seq INTEGER PRIMARY KEY, at INTEGER, run INTEGER, status TEXT, attempt INTEGER, epoch INTEGER, owner TEXT,
    sequence INTEGER, inbox_read INTEGER, next_pointer INTEGER, crashes INTEGER, reason TEXT, definition INTEGER, carried TEXT);
  CREATE TABLE audit_pointer (
    header INTEGER, id INTEGER, step_key TEXT, parent INTEGER, branch INTEGER, undoes INTEGER, status TEXT,
    ord INTEGER, attempt INTEGER, failures INTEGER, due_at INTEGER, output TEXT, started_at INTEGER, ended_at INTEGER);
  CREATE INDEX audit_header_run ON audit_header (run, seq);
  ${trigger("header_new", "INSERT ON wfe_instance", `${header()}; ${carried("NULL")}`)}
  ${trigger("header_changed", "UPDATE OF sequence ON wfe_instance", `${header()}; ${carried("OLD.carried")}`)}
  ${trigger("pointer_new", "INSERT ON wfe_pointer", pointer())}
  ${trigger("pointer_changed", "UPDATE OF status ON wfe_pointer", pointer())}`;

function trigger(name: string, when: string, action: string): string {
  return `CREATE TRIGGER audit_${name} AFTER ${when} BEGIN ${action}; END;`;
}

function header(): string {
  return `INSERT INTO audit_header SELECT NULL, round(unixepoch('subsec') * 1000), NEW.key, NEW.status, NEW.attempt,
    NEW.epoch, NEW.owner, NEW.sequence, NEW.inbox_read, NEW.next_pointer, NEW.crashes, NEW.reason, NEW.definition,
    NEW.carried`;
}

/** The activation that the header carries, which has no row: where it is another than before, or has changed. */
function carried(before: string): string {
  const [id, stepKey, attempt, status, startedAt, parent, branch, _saga, failures] = Array.from(
    { length: 9 },
    (_, place) => `NEW.carried ->> ${place}`,
  );
  return `INSERT INTO audit_pointer SELECT (SELECT max(seq) FROM audit_header WHERE run = NEW.key),
    ${id}, ${stepKey}, ${parent}, ${branch}, NULL, ${status}, NULL, ${attempt}, ${failures}, NULL, NULL, ${startedAt}, NULL
    WHERE NEW.carried IS NOT NULL AND NEW.carried IS NOT ${before}`;
}

function pointer(): string {
  return `INSERT INTO audit_pointer SELECT (SELECT max(seq) FROM audit_header WHERE run = NEW.run), NEW.id, NEW.step_key,
    NEW.parent, NEW.branch, NEW.undoes, NEW.status, NEW.ord, NEW.attempt, NEW.failures, NEW.due_at, NEW.output,
    NEW.started_at, NEW.ended_at`;
}

/** Keeps every write to a database from now on. */
export function beginAudit(database: DatabaseSync): void {
  database.exec(triggers);
}

/** The accepted writes of a database, in order. Who made each is not known. */
export function readAudit(database: DatabaseSync): HistoryEntry[] {
  const pointers = Map.groupBy(
    database.prepare("SELECT * FROM audit_pointer").all() as unknown as AuditPointer[],
    (row) => row.header,
  );
  const headers = database.prepare(`
    SELECT a.*, i.id AS id, d.hash FROM audit_header AS a JOIN wfe_instance AS i ON i.key = a.run
    JOIN wfe_definition AS d ON d.key = a.definition ORDER BY a.seq`).all() as unknown as AuditHeader[];
  const carried = new Map<number, string>();
  return headers.map((row) => {
    const rows = (pointers.get(row.seq) ?? []).map(pointerOf);
    if (row.carried !== null && row.carried !== carried.get(row.run)) {
      carried.set(row.run, row.carried);
      rows.push(rowOf(carriedFromJson(row.carried)));
    }
    return { kind: null, writer: null, at: row.at, header: headerOf(row), pointers: rows };
  });
}

interface AuditHeader {
  readonly seq: number;
  readonly at: number;
  readonly run: number;
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

interface AuditPointer {
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
  readonly output: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
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
    output: row.output === null ? null : JSON.parse(row.output),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
