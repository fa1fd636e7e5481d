import type { ControlIntent, ControlMessage, Mail } from "../../src/instance/instance.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { Connection } from "./connection.ts";
import { fromJson } from "./json.ts";
import { query, type Write } from "./write.ts";

/** A trigger makes the run due. */
const insertMail = query(`
  INSERT INTO wfe_mail (run, seq, kind, reason, at)
  SELECT key, inbox_seq + 1, ?2, ?3, ?4 FROM wfe_instance WHERE id = ?1
  RETURNING seq`);

const selectMail = `
  SELECT m.seq, m.kind, m.reason, m.event, e.name, e.key, e.data, e.time, coalesce(c.seq, 0) AS cursor
  FROM wfe_mail AS m
    LEFT JOIN wfe_event AS e ON e.seq = m.event
    LEFT JOIN wfe_cursor AS c ON c.run = m.run AND c.name = e.name AND c.key = e.key
  WHERE m.run = (SELECT key FROM wfe_instance WHERE id = ?1) AND m.seq > ?2
  ORDER BY m.seq`;

/** In an index that holds nothing else. */
export const selectUnread = `
  SELECT id FROM wfe_instance INDEXED BY wfe_instance_unread WHERE owner = ?1 AND inbox_seq > inbox_read`;

type MailRow = ControlRow | EventRow;

interface ControlRow {
  readonly seq: number;
  readonly kind: ControlIntent;
  readonly reason: string | null;
}

interface EventRow {
  readonly seq: number;
  readonly kind: "event";
  readonly event: number;
  readonly name: string;
  readonly key: string;
  readonly data: string | null;
  readonly time: number;
  readonly cursor: number;
}

/** Puts a message into a run's mailbox; refused where there is no such run. */
export function sendMail(runId: string, { kind, reason }: ControlMessage, now: number): Write {
  return [[insertMail, [runId, kind, reason && storableText(reason), now], []]];
}

/** The messages of a run behind `after`. */
export function readMail(connection: Connection, runId: string, after: number): Mail[] {
  return connection.all<MailRow>(selectMail, runId, after).map(mailFromRow);
}

/** Ids of the runs of a host that have mail to be read. */
export function unreadRuns(connection: Connection, owner: string): string[] {
  return connection.all<{ readonly id: string }>(selectUnread, owner).map(({ id }) => id);
}

function mailFromRow(row: MailRow): Mail {
  if (row.kind !== "event") return Object.freeze({ seq: row.seq, kind: row.kind, reason: row.reason });
  const { seq, kind, event, name, key, data, time, cursor } = row;
  return deepFreeze({ seq, kind, event: { seq: event, name, key, data: fromJson(data), time }, cursor });
}
