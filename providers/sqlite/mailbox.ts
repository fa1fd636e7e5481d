import type { ControlIntent, Mail } from "../../src/instance/instance.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { Connection } from "./connection.ts";
import { mailFromRow, type MailRow } from "./rows.ts";

const raiseInbox = `
  UPDATE wfe_instance SET inbox_seq = inbox_seq + 1, next_wake = min(coalesce(next_wake, ?2), ?2)
  WHERE id = ?1
  RETURNING key, inbox_seq`;

const insertMail = "INSERT INTO wfe_mail (run, seq, intent, reason) VALUES (?1, ?2, ?3, ?4)";

const selectMail = `
  SELECT seq, intent, reason FROM wfe_mail
  WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) AND seq > ?2
  ORDER BY seq`;

/** Puts a message into a run's mailbox and makes the run due; returns whether there is such a run. */
export function sendMail(
  connection: Connection,
  runId: string,
  intent: ControlIntent,
  reason: string | null,
  now: number,
): boolean {
  const row = connection.get<{ readonly key: number; readonly inbox_seq: number }>(raiseInbox, runId, now);
  if (!row) return false;
  connection.run(insertMail, row.key, row.inbox_seq, intent, reason && storableText(reason));
  return true;
}

/** The messages of a run behind `after`. */
export function readMail(connection: Connection, runId: string, after: number): Mail[] {
  return connection.all<MailRow>(selectMail, runId, after).map(mailFromRow);
}
