import type { DatabaseSync } from "node:sqlite";
import { type AuditHeader, type AuditPointer, entriesOf } from "./audit_rows.ts";
import type { HistoryEntry } from "./history.ts";

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
  const pointers = database.prepare("SELECT * FROM audit_pointer").all() as unknown as StoredPointer[];
  const headers = database.prepare(`
    SELECT a.*, i.id, d.hash FROM audit_header AS a JOIN wfe_instance AS i ON i.key = a.run
    JOIN wfe_definition AS d ON d.key = a.definition ORDER BY a.seq`).all() as unknown as AuditHeader[];
  return entriesOf(
    headers,
    pointers.map((row) => ({ ...row, output: row.output === null ? null : JSON.parse(row.output) })),
  );
}

type StoredPointer = Omit<AuditPointer, "output"> & { readonly output: string | null };
