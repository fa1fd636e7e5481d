import type { PurgeFilter } from "../../src/provider/persistence.ts";
import { effect, query, unguarded, type Write } from "./write.ts";

/** By the index of ended runs, which is in the order of their ends. */
const selectEnded = `
  SELECT key FROM wfe_instance INDEXED BY wfe_instance_ended
  WHERE ended_at < ?1 AND ended_at IS NOT NULL
    AND (?2 IS NULL OR status IN (SELECT value FROM json_each(?2)))
    AND (?3 IS NULL OR definition IN (SELECT key FROM wfe_definition WHERE id = ?3))
  ORDER BY ended_at, key LIMIT ?4 + 0`;

/** As changed once more, for the sinks that are to hear of it. */
const markEnded = effect(`
  INSERT INTO wfe_dirty (sink, run, created_at, sequence)
  SELECT wfe_sink.name, i.id, i.created_at, i.sequence + 1 FROM wfe_sink CROSS JOIN wfe_instance AS i
  WHERE wfe_sink.kind = 'runs' AND i.key IN (${selectEnded})
  ON CONFLICT (sink, run) DO UPDATE SET created_at = excluded.created_at, sequence = excluded.sequence`);

/** Deletes runs with all that belongs to them, which the foreign keys reach. */
const deleteEnded = query(`DELETE FROM wfe_instance WHERE key IN (${selectEnded}) RETURNING key`);

/** Deletes up to `limit` runs that have ended; gives a row for each. */
export function purgeRuns({ endedBefore, status, definitionId }: PurgeFilter, limit: number): Write {
  const statuses = status ? JSON.stringify(status) : null;
  const values = [endedBefore, statuses, definitionId ?? null, limit];
  return unguarded([markEnded, values], [deleteEnded, values]);
}
