import { events } from "./0002_events.ts";
import { amended } from "./amended.ts";
import { indexed } from "./indexed.ts";

/**
 * From an event to the next step on another host in as few ways to the server as there can be.
 *
 * - `wfe_publish` leaves the ids of those who got mail with its connection, and takes that back where it fails.
 * - `wfe_tell` notifies others of them. It is sent right behind and is a transaction of its own: one that notifies takes a
 *   lock over the whole server until its commit is flushed, and this one has nothing to flush.
 * - `wfe_due`: of these runs those that are due, in the order of claiming, with their states as of one moment; none for a
 *   host whose heartbeat is over. Nothing is locked: whoever writes first under the next epoch has claimed a run.
 *
 * Append-only: published once, never edited.
 */
export const hints: string = `
${
  amended(events, "wfe_publish", [
    [
      "  PERFORM @wfe_lock_waiting(p_locks, NULL);\n",
      "  IF json_array_length(p_events) > 1 THEN PERFORM @wfe_lock_waiting(p_locks, NULL); END IF;\n",
    ],
    ["  v_added record;\n", "  v_added record;\n  v_woken text[] := '{}';\n"],
    ["    RETURN NEXT", "    v_woken := v_woken || v_added.o_woken;\n    RETURN NEXT"],
    [
      "  END LOOP;\nEND $$;",
      "  END LOOP;\n" +
      "  PERFORM set_config('wfe.woken', CASE cardinality(v_woken) WHEN 0 THEN '' ELSE to_json(v_woken)::text END, false);\n" +
      "END $$;",
    ],
  ])
}
CREATE FUNCTION @wfe_tell(p_channel text, p_origin text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_woken text := coalesce(current_setting('wfe.woken', true), '');
BEGIN
  IF v_woken = '' THEN RETURN; END IF;
  PERFORM set_config('wfe.woken', '', false);
  PERFORM pg_notify(p_channel, p_origin || CASE WHEN octet_length(v_woken) < 7900 THEN '  ' || v_woken ELSE '' END);
END $$;

CREATE FUNCTION @wfe_due(
  p_host text, p_from bigint, p_to bigint, p_except json, p_only json, p_limit bigint, p_now bigint)
RETURNS json LANGUAGE plpgsql STABLE ${indexed} SET enable_bitmapscan = off AS $$
DECLARE
  v_except integer[] := ARRAY(
    SELECT key FROM @wfe_definition WHERE hash = ANY (ARRAY(SELECT json_array_elements_text(p_except))));
BEGIN
  RETURN json_build_object(
    'dead', EXISTS (SELECT 1 FROM @wfe_host WHERE expires_at <= p_now),
    'due', (
      SELECT json_agg(@wfe_state(id) ORDER BY next_wake, created_at) FROM (
        SELECT id, next_wake, created_at FROM @wfe_instance
        WHERE id = ANY (ARRAY(SELECT json_array_elements_text(p_only)))
          AND owner IS NULL AND next_wake IS NOT NULL AND next_wake <= p_now AND crashes BETWEEN p_from AND p_to
          AND definition <> ALL (v_except)
          AND EXISTS (SELECT 1 FROM @wfe_host WHERE incarnation = p_host AND expires_at > p_now)
        ORDER BY next_wake, created_at LIMIT p_limit) AS due));
END $$;
`;
