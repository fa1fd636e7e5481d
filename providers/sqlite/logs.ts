import type { LogStream } from "../../src/definition/step_context.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { LogLine, LogPage, StoredLogLine } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import { effect, query, type Step, type Write } from "./write.ts";

const selectRun = query("SELECT key FROM wfe_instance WHERE id = ?1");

const insertLine = effect(`
  INSERT INTO wfe_log (run, pointer, attempt, stream, text, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`);

const selectLines = `
  SELECT seq, pointer, attempt, stream, text, at FROM wfe_log
  WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) AND seq > ?2 AND (?3 IS NULL OR pointer = ?3)
  ORDER BY seq LIMIT ?4 + 0`;

interface LogRow {
  readonly seq: number;
  readonly pointer: number;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly text: string;
  readonly at: number;
}

/** Adds lines, in order; those of a run that does not exist are refused. */
export function appendLines(lines: readonly LogLine[]): Write[] {
  const writes: { readonly runId: string; readonly steps: Step[] }[] = [];
  for (const { runId, pointerId, attempt, stream, text, at } of lines) {
    if (writes.at(-1)?.runId !== runId) writes.push({ runId, steps: [] });
    writes.at(-1)!.steps.push([insertLine, [pointerId, attempt, stream, storableText(text), at]]);
  }
  return writes.map(({ runId, steps }) => [[selectRun, [runId], steps]]);
}

/** A page of a run's log. */
export function readLines(connection: Connection, runId: string, page: LogPage): StoredLogLine[] {
  const { after = 0, pointerId = null, limit } = page;
  return connection.all<LogRow>(selectLines, runId, after, pointerId, limit)
    .map((row) => logLineFromRow(runId, row));
}

function logLineFromRow(runId: string, row: LogRow): StoredLogLine {
  const { seq, pointer: pointerId, attempt, stream, text, at } = row;
  return Object.freeze({ seq, runId, pointerId, attempt, stream, text, at });
}
