import type { PurgeFilter } from "../../src/provider/persistence.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

const isOld = `
  ended_at < $1::bigint AND ended_at IS NOT NULL
  AND ($2::text IS NULL OR status IN (SELECT json_array_elements_text($2::text::json)))
  AND ($3::text IS NULL OR definition IN (SELECT key FROM @wfe_definition WHERE id = $3))`;

/**
 * Deletes runs with all that belongs to them, which the foreign keys and a trigger reach. By the index of ended runs,
 * which is in the order of their ends; then they are locked in the order in which all writers lock, and looked at again.
 * To sinks that hear of runs they have changed once more.
 */
const deleteEnded = `
  WITH
    old AS MATERIALIZED (SELECT id FROM @wfe_instance WHERE ${isOld} ORDER BY ended_at, id LIMIT $4::bigint),
    locked AS MATERIALIZED (
      SELECT id FROM @wfe_instance WHERE id = ANY (ARRAY(SELECT id FROM old)) AND ${isOld} ORDER BY id FOR UPDATE),
    marked AS (
      INSERT INTO @wfe_dirty (sink, run, created_at, sequence)
      SELECT s.name, i.id, i.created_at, i.sequence + 1 FROM @wfe_sink AS s CROSS JOIN @wfe_instance AS i
      WHERE s.kind = 'runs' AND i.id = ANY (ARRAY(SELECT id FROM locked))
      ON CONFLICT (sink, run) DO UPDATE SET created_at = excluded.created_at, sequence = excluded.sequence),
    deleted AS (DELETE FROM @wfe_instance WHERE id = ANY (ARRAY(SELECT id FROM locked)) RETURNING id)
  SELECT to_json(count(*))::text AS r FROM deleted`;

/** Deletes up to `limit` runs that have ended; returns how many. */
export async function purgeRuns(
  connection: Connection,
  { endedBefore, status, definitionId }: PurgeFilter,
  limit: number,
): Promise<number> {
  const statuses = status ? JSON.stringify(status) : null;
  const values = [whole(endedBefore), statuses, definitionId ?? null, whole(limit)];
  return (await connection.get<number>("purge runs", deleteEnded, ...values))!;
}
