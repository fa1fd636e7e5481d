import { events } from "./0002_events.ts";
import { amended } from "./amended.ts";

/**
 * `wfe_lock_events` locks all events there can be, once, where it would lock more than a thousand one by one: the server's
 * memory has room for some thousand advisory locks. So who locks some holds a lock on all with others.
 *
 * Append-only: published once, never edited.
 */
export const manyEvents: string = amended(events, "wfe_lock_events", [
  [
    "  v_lock record;\n",
    `  v_lock record;
  v_all bigint := hashtextextended('@wfe_events', 0);
  v_many boolean := json_array_length(p_events) > 1000
    AND (SELECT count(DISTINCT ROW (e ->> 0, e ->> 1)) FROM json_array_elements(p_events) AS e) > 1000;
`,
  ],
  [
    "BEGIN\n",
    `BEGIN
  IF NOT p_try THEN
    IF v_many THEN PERFORM pg_advisory_xact_lock(v_all);
    ELSE PERFORM pg_advisory_xact_lock_shared(v_all);
    END IF;
  ELSIF NOT (CASE WHEN v_many THEN pg_try_advisory_xact_lock(v_all) ELSE pg_try_advisory_xact_lock_shared(v_all) END)
  THEN
    RAISE EXCEPTION 'another writer has locked the events' USING ERRCODE = 'WFE01';
  END IF;
  IF v_many THEN RETURN; END IF;
`,
  ],
]);
