import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { JsonValue } from "../../src/definition/json.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { ControlIntent, ControlMessage, Mail } from "../../src/instance/instance.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";

const putMail = "SELECT to_json(@wfe_mail($1, $2, $3, NULL, $4::bigint))::text AS r";

const selectMail = asJson(`
  SELECT m.seq, m.kind, m.reason, m.event, e.name, e.key, e.data, e.time, coalesce(c.seq, 0) AS cursor
  FROM @wfe_mail AS m
    LEFT JOIN @wfe_event AS e ON e.seq = ANY (ARRAY[m.event])
    LEFT JOIN @wfe_cursor AS c ON c.run = m.run AND c.name = ANY (ARRAY[e.name]) AND c.key = ANY (ARRAY[e.key])
  WHERE m.run = $1 AND m.seq > $2::bigint
  ORDER BY m.seq`);

/** In an index that holds nothing else. */
export const selectUnread =
  "SELECT to_json(id)::text AS r FROM @wfe_instance WHERE owner = $1 AND inbox_seq > inbox_read";

/** A message as it is kept, with its event. */
export type MailRow = ControlRow | EventRow;

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
  readonly data: JsonValue;
  readonly time: number;
  readonly cursor: number;
}

/** Puts a message into a run's mailbox; returns whether there is such a run. */
export async function sendMail(
  connection: Connection,
  runId: string,
  { kind, reason }: ControlMessage,
  now: number,
): Promise<boolean> {
  const text = reason && storableText(reason);
  const [seq] = await connection.write<number | null>(
    `send to run ${runId}`,
    putMail,
    runId,
    kind,
    text,
    now,
  );
  return seq !== null;
}

/** The messages of a run behind `after`. */
export async function readMail(connection: Connection, runId: string, after: number): Promise<Mail[]> {
  const rows = await connection.all<MailRow>(`read the mailbox of run ${runId}`, selectMail, runId, after);
  return rows.map(mailFromRow);
}

/** Ids of the runs of a host that have mail to be read. */
export function unreadRuns(connection: Connection, owner: string): Promise<string[]> {
  return connection.all<string>("look for mail", selectUnread, owner);
}

/** Row → message, frozen. */
export function mailFromRow(row: MailRow): Mail {
  if (row.kind !== "event") return Object.freeze({ seq: row.seq, kind: row.kind, reason: row.reason });
  const { seq, kind, event, name, key, data, time, cursor } = row;
  return deepFreeze({ seq, kind, event: { seq: event, name, key, data, time }, cursor });
}
