import type { LogStream } from "../../src/definition/step_context.ts";
import { storableText } from "../../src/definition/storable_text.ts";
import type { LogLine, LogPage, StoredLogLine } from "../../src/provider/persistence.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";

/** The lock keeps a purge from taking the runs meanwhile; numbers are given in the order of the lines. */
const insertLines = `
  WITH
    t AS MATERIALIZED (
      SELECT * FROM ROWS FROM (json_to_recordset($1::text::json) AS (
        run text, pointer bigint, attempt bigint, stream text, text text, at bigint)) WITH ORDINALITY
        AS t (run, pointer, attempt, stream, text, at, number)),
    there AS MATERIALIZED (
      SELECT id FROM @wfe_instance WHERE id = ANY (ARRAY(SELECT DISTINCT run FROM t)) ORDER BY id FOR KEY SHARE)
  INSERT INTO @wfe_log (run, pointer, attempt, stream, text, at)
  SELECT t.run, t.pointer, t.attempt, t.stream, t.text, t.at FROM t JOIN there ON there.id = t.run ORDER BY t.number`;

/** By the index of a run's lines. */
export const selectLines: string = asJson(`
  SELECT seq, pointer, attempt, stream, text, at FROM @wfe_log
  WHERE run = $1 AND seq > $2::bigint AND ($3::bigint IS NULL OR pointer = $3::bigint) ORDER BY seq LIMIT $4::bigint`);

interface LogRow {
  readonly seq: number;
  readonly pointer: number;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly text: string;
  readonly at: number;
}

/** Adds lines, in order; those of a run that does not exist are left out. */
export async function appendLines(connection: Connection, lines: readonly LogLine[]): Promise<void> {
  const rows = lines.map(({ runId, pointerId, attempt, stream, text, at }) => ({
    run: runId,
    pointer: pointerId,
    attempt,
    stream,
    text: storableText(text),
    at,
  }));
  await connection.write("write logs", insertLines, JSON.stringify(rows));
}

/** A page of a run's log. */
export async function readLines(
  connection: Connection,
  runId: string,
  { after = 0, pointerId, limit }: LogPage,
): Promise<StoredLogLine[]> {
  const what = `read the log of run ${runId}`;
  const rows = await connection.all<LogRow>(what, selectLines, runId, after, pointerId ?? null, whole(limit));
  return rows.map(({ seq, pointer, attempt, stream, text, at }) =>
    Object.freeze({ seq, runId, pointerId: pointer, attempt, stream, text, at })
  );
}
