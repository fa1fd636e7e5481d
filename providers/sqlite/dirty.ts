import type { DirtyRun } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import { effect, type Step, unguarded, type Write } from "./write.ts";

/** One row a run and sink, whatever happens to the run. */
const markRun = effect(`
  INSERT INTO wfe_dirty (sink, run, created_at, sequence)
  SELECT wfe_sink.name, i.id, i.created_at, i.sequence FROM wfe_sink CROSS JOIN wfe_instance AS i
  WHERE wfe_sink.kind = 'runs' AND i.key = ?1
  ON CONFLICT (sink, run) DO UPDATE SET created_at = excluded.created_at, sequence = excluded.sequence`);

/** A row that has changed since is newer, and stays. */
const deleteRuns = effect(`
  DELETE FROM wfe_dirty WHERE (sink, run) IN (
    SELECT d.sink, d.run FROM json_each(?2) AS cleared CROSS JOIN wfe_dirty AS d
    WHERE d.sink = ?1 AND d.run = cleared.value ->> 0
      AND d.created_at = cleared.value ->> 1 AND d.sequence <= cleared.value ->> 2)`);

/** The dirty runs of a sink behind an id. */
export const selectDirty = `
  SELECT run AS runId, created_at AS createdAt, sequence FROM wfe_dirty
  WHERE sink = ?1 AND run > ?2 ORDER BY run LIMIT ?3 + 0`;

/** All of them. */
export const selectAnyDirty = `
  SELECT run AS runId, created_at AS createdAt, sequence FROM wfe_dirty WHERE sink = ?1 ORDER BY run LIMIT ?2 + 0`;

/** Notes that the run of the guard has changed, as it stands then. */
export const markDirty: Step = [markRun, []];

/** Forgets dirty runs that have not changed since. */
export function clearDirty(sink: string, runs: readonly DirtyRun[]): Write {
  const rows = runs.map(({ runId, createdAt, sequence }) => [runId, createdAt, sequence]);
  return unguarded([deleteRuns, [sink, JSON.stringify(rows)]]);
}

/** The dirty runs of a sink, those behind an id or all, in the order of their ids. */
export function readDirty(connection: Connection, sink: string, limit: number, after?: string): DirtyRun[] {
  const rows = after === undefined
    ? connection.all<DirtyRun>(selectAnyDirty, sink, limit)
    : connection.all<DirtyRun>(selectDirty, sink, after, limit);
  return rows.map(({ runId, createdAt, sequence }) => Object.freeze({ runId, createdAt, sequence }));
}
