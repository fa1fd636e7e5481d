import type { DirtyRun } from "../../src/provider/persistence.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

/** The dirty runs of a sink behind an id. */
export const selectDirty = `
  SELECT json_build_array(run, created_at, sequence)::text AS r FROM @wfe_dirty
  WHERE sink = $1 AND run > $2 ORDER BY run LIMIT $3::bigint`;

/** All of them. */
export const selectAnyDirty = `
  SELECT json_build_array(run, created_at, sequence)::text AS r FROM @wfe_dirty
  WHERE sink = $1 ORDER BY run LIMIT $2::bigint`;

/** A row that has changed since is newer, and stays; one that is locked is about to change, and is not waited for. */
export const deleteDirty = `
  WITH gone AS MATERIALIZED (
    SELECT d.sink, d.run FROM json_array_elements($2::text::json) AS t CROSS JOIN LATERAL (
      SELECT sink, run FROM @wfe_dirty
      WHERE sink = $1 AND run = t ->> 0 AND created_at = (t ->> 1)::bigint AND sequence <= (t ->> 2)::bigint
      FOR UPDATE SKIP LOCKED) AS d)
  DELETE FROM @wfe_dirty AS d USING gone WHERE d.sink = ANY (ARRAY[gone.sink]) AND d.run = gone.run`;

type DirtyRow = readonly [runId: string, createdAt: number, sequence: number];

/** Forgets dirty runs that have not changed since. */
export async function clearDirty(
  connection: Connection,
  sink: string,
  runs: readonly DirtyRun[],
): Promise<void> {
  const rows = runs.map(({ runId, createdAt, sequence }): DirtyRow => [runId, createdAt, sequence]);
  await connection.all(`clear for sink ${sink}`, deleteDirty, sink, JSON.stringify(rows));
}

/** The dirty runs of a sink, those behind an id or all, in the order of their ids. */
export async function readDirty(
  connection: Connection,
  sink: string,
  limit: number,
  after?: string,
): Promise<DirtyRun[]> {
  const what = `read for sink ${sink}`;
  const rows = after === undefined
    ? await connection.all<DirtyRow>(what, selectAnyDirty, sink, whole(limit))
    : await connection.all<DirtyRow>(what, selectDirty, sink, after, whole(limit));
  return rows.map(([runId, createdAt, sequence]) => Object.freeze({ runId, createdAt, sequence }));
}
