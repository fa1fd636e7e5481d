import type { PurgeFilter } from "../../src/provider/persistence.ts";
import { query, unguarded, type Write } from "./write.ts";

/**
 * Deletes runs with all that belongs to them, which the foreign keys reach. By the index of ended runs, which is in the
 * order of their ends.
 */
const deleteEnded = query(`
  DELETE FROM wfe_instance WHERE key IN (
    SELECT key FROM wfe_instance INDEXED BY wfe_instance_ended
    WHERE ended_at < ?1 AND ended_at IS NOT NULL
      AND (?2 IS NULL OR status IN (SELECT value FROM json_each(?2)))
      AND (?3 IS NULL OR definition IN (SELECT key FROM wfe_definition WHERE id = ?3))
    ORDER BY ended_at, key LIMIT ?4 + 0)
  RETURNING key`);

/** Deletes up to `limit` runs that have ended; gives a row for each. */
export function purgeRuns({ endedBefore, status, definitionId }: PurgeFilter, limit: number): Write {
  const statuses = status ? JSON.stringify(status) : null;
  return unguarded([deleteEnded, [endedBefore, statuses, definitionId ?? null, limit]]);
}
