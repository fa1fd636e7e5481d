import type { LogLine, LogPage, StoredLogLine } from "../../src/provider/persistence.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { Connection } from "./connection.ts";
import { logLineFromRow, type LogRow } from "./rows.ts";

const insertLine = `
  INSERT INTO wfe_log (run, pointer, attempt, stream, text, at)
  SELECT key, ?2, ?3, ?4, ?5, ?6 FROM wfe_instance WHERE id = ?1`;

const selectLines = `
  SELECT seq, pointer, attempt, stream, text, at FROM wfe_log
  WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) AND seq > ?2 AND (?3 IS NULL OR pointer = ?3)
  ORDER BY seq LIMIT ?4`;

/** Adds lines; those of runs that do not exist are left out. */
export function appendLines(connection: Connection, lines: readonly LogLine[]): void {
  for (const { runId, pointerId, attempt, stream, text, at } of lines) {
    connection.run(insertLine, runId, pointerId, attempt, stream, storableText(text), at);
  }
}

/** A page of a run's log. */
export function readLines(connection: Connection, runId: string, page: LogPage): StoredLogLine[] {
  const { after = 0, pointerId = null, limit } = page;
  return connection.all<LogRow>(selectLines, runId, after, pointerId, limit)
    .map((row) => logLineFromRow(runId, row));
}
