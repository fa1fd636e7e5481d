import { storableText } from "../../src/definition/storable_text.ts";
import type { NewNote, ProgressNote } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import { effect, query, type Write } from "./write.ts";

/** An attempt that has not ended, of a run that has not been taken from its host. */
const selectAttempt = query(`
  SELECT i.key FROM wfe_instance AS i
  WHERE i.id = ?1 AND i.epoch = ?2 AND i.created_at = ?5 AND (
    i.carried ->> 0 = ?3 AND i.carried ->> 2 = ?4
    OR EXISTS (
      SELECT 1 FROM wfe_pointer AS p
      WHERE p.run = i.key AND p.id = ?3 AND p.attempt = ?4 AND p.ended_at IS NULL))`);

const replaceNote = effect(
  "REPLACE INTO wfe_note (run, pointer, attempt, text, at) VALUES (?1, ?2, ?3, ?4, ?5)",
);

const selectNotes = `
  SELECT i.id, n.text, coalesce(p.step_key, i.carried ->> 1) AS step_key, n.pointer, n.attempt, n.at
  FROM json_each(?1) AS asked
  CROSS JOIN wfe_instance AS i ON i.id = asked.value
  CROSS JOIN wfe_note AS n ON n.run = i.key
  LEFT JOIN wfe_pointer AS p
    ON p.run = n.run AND p.id = n.pointer AND p.attempt = n.attempt AND p.ended_at IS NULL
  WHERE p.id IS NOT NULL OR i.carried ->> 0 = n.pointer AND i.carried ->> 2 = n.attempt`;

interface NoteRow {
  readonly id: string;
  readonly text: string;
  readonly step_key: string;
  readonly pointer: number;
  readonly attempt: number;
  readonly at: number;
}

/** Keeps notes; each that is said by nobody who may is refused. */
export function putNotes(notes: readonly NewNote[]): Write[] {
  return notes.map(({ runId, createdAt, epoch, pointerId, attempt, text, at }) => [
    [selectAttempt, [runId, epoch, pointerId, attempt, createdAt], [
      [replaceNote, [pointerId, attempt, storableText(text), at]],
    ]],
  ]);
}

/** The notes of runs, by id of the run. */
export function readNotes(connection: Connection, runIds: readonly string[]): Map<string, ProgressNote> {
  const rows = connection.all<NoteRow>(selectNotes, JSON.stringify(runIds));
  return new Map(rows.map((row) => [row.id, noteFromRow(row)]));
}

function noteFromRow({ text, step_key: stepKey, pointer: pointerId, attempt, at }: NoteRow): ProgressNote {
  return Object.freeze({ text, stepKey, pointerId, attempt, at });
}
