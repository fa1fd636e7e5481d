import { storableText } from "../../src/definition/storable_text.ts";
import type { NewNote, ProgressNote } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";

/** Of attempts that have not ended, of runs that have not been taken from their hosts; of a run, the last. */
const putAll = `
  WITH
    t AS (
      SELECT * FROM ROWS FROM (json_to_recordset($1::text::json) AS (
        run text, created_at bigint, epoch bigint, pointer bigint, attempt bigint, text text, at bigint)) WITH ORDINALITY
        AS t (run, created_at, epoch, pointer, attempt, text, at, number)),
    there AS MATERIALIZED (
      SELECT id, epoch, created_at, carried FROM @wfe_instance
      WHERE id = ANY (ARRAY(SELECT DISTINCT run FROM t)) ORDER BY id FOR KEY SHARE)
  INSERT INTO @wfe_note (run, pointer, attempt, text, at)
  SELECT DISTINCT ON (t.run) t.run, t.pointer, t.attempt, t.text, t.at
  FROM t JOIN there AS i ON i.id = t.run AND i.epoch = t.epoch AND i.created_at = t.created_at
  WHERE (i.carried::json ->> 0)::bigint = t.pointer AND (i.carried::json ->> 2)::bigint = t.attempt
    OR EXISTS (
      SELECT 1 FROM @wfe_pointer AS p
      WHERE p.run = t.run AND p.id = t.pointer AND p.attempt = t.attempt AND p.ended_at IS NULL)
  ORDER BY t.run, t.number DESC
  ON CONFLICT (run) DO UPDATE SET
    pointer = excluded.pointer, attempt = excluded.attempt, text = excluded.text, at = excluded.at`;

const selectNotes = asJson(`
  SELECT n.run, n.text, coalesce(p.step_key, i.carried::json ->> 1) AS step_key, n.pointer, n.attempt, n.at
  FROM @wfe_note AS n
    JOIN @wfe_instance AS i ON i.id = ANY (ARRAY[n.run])
    LEFT JOIN @wfe_pointer AS p ON p.run = ANY (ARRAY[n.run]) AND p.id = n.pointer
      AND p.attempt = n.attempt AND p.ended_at IS NULL
  WHERE n.run = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))
    AND (p.id IS NOT NULL OR (i.carried::json ->> 0)::bigint = n.pointer
      AND (i.carried::json ->> 2)::bigint = n.attempt)`);

interface NoteRow {
  readonly run: string;
  readonly text: string;
  readonly step_key: string;
  readonly pointer: number;
  readonly attempt: number;
  readonly at: number;
}

/** Keeps notes; each that is said by nobody who may is left out. */
export async function putNotes(connection: Connection, notes: readonly NewNote[]): Promise<void> {
  const rows = notes.map(({ runId, createdAt, epoch, pointerId, attempt, text, at }) => ({
    run: runId,
    created_at: createdAt,
    epoch,
    pointer: pointerId,
    attempt,
    text: storableText(text),
    at,
  }));
  await connection.all("write notes", putAll, JSON.stringify(rows));
}

/** The notes of runs, by id of the run. */
export async function readNotes(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, ProgressNote>> {
  const rows = await connection.all<NoteRow>("read notes", selectNotes, JSON.stringify(runIds));
  return new Map(rows.map((row) => [row.run, noteFromRow(row)]));
}

function noteFromRow({ text, step_key: stepKey, pointer: pointerId, attempt, at }: NoteRow): ProgressNote {
  return Object.freeze({ text, stepKey, pointerId, attempt, at });
}
