import { events } from "./0002_events.ts";
import { writing } from "./0003_writing.ts";
import { claiming } from "./0004_claiming.ts";
import { attributes } from "./0007_attributes.ts";
import { hints } from "./0009_hints.ts";
import { amended } from "./amended.ts";

/**
 * Rows are found by their keys, whatever the planner believes of the tables: what it knows may be of a time when they
 * were empty, and a plan that is right for one row reads millions of rows where there are thousands. So each way to a row
 * is the only one there is.
 *
 * - An index that begins with something else has an expression where it had the key: nobody looks for the key there.
 * - What is joined by `= ANY (ARRAY[…])` can be looked up row by row, but not gone through in the order of an index.
 * - What is compared by `IS NOT DISTINCT FROM` or `coalesce` is looked for by no index, and proves that no partial one fits.
 * - A subquery with `OFFSET 0` or `LIMIT`, and what is `MATERIALIZED`, stays by itself.
 *
 * Nothing is gathered and sorted (`enable_bitmapscan`) where the first of many rows is asked for. And nothing is compiled
 * (`jit`): where a small table has no index, the planner says that a reading of it costs more than anything else, and the
 * server would compile each such statement for 60 ms.
 *
 * Append-only: published once, never edited.
 */
export const lookups: string = `
DROP INDEX @wfe_instance_newest;
CREATE INDEX wfe_instance_newest ON @wfe_instance (created_at, (id || ''));
DROP INDEX @wfe_event_latest;
CREATE INDEX wfe_event_latest ON @wfe_event (name, key, latest, (seq + 0));
DROP INDEX @wfe_hint_visible;
CREATE INDEX wfe_hint_visible ON @wfe_hint (visible_at, (seq + 0));

${
  amended(events, "wfe_first_event", [
    ["x.seq > p_after", "x.seq + 0 > p_after"],
    ["ORDER BY x.latest, x.seq LIMIT", "ORDER BY x.latest, x.seq + 0 LIMIT"],
  ])
}
${
  amended(events, "wfe_catch_up", [
    [
      "WHERE run = p_run AND name = p_name AND key = p_key;\n  IF v_since",
      "WHERE run = p_run\n    AND name IS NOT DISTINCT FROM p_name AND key IS NOT DISTINCT FROM p_key;\n  IF v_since",
    ],
  ])
}
${
  amended(events, "wfe_mail_waiting", [
    [
      `waiting AS (
      SELECT s.run, min(s.since) AS since FROM unnest(v_runs) AS asked (run) CROSS JOIN @wfe_subscription AS s
      WHERE s.name = v_event.name AND s.key = v_event.key AND s.run = asked.run
      GROUP BY s.run),
    seen AS (`,
      `waiting AS MATERIALIZED (
      SELECT s.run, min(s.since) AS since FROM @wfe_subscription AS s
      WHERE s.run = ANY (v_runs)
        AND s.name IS NOT DISTINCT FROM v_event.name AND s.key IS NOT DISTINCT FROM v_event.key
      GROUP BY s.run),
    seen AS MATERIALIZED (`,
    ],
    [
      `(SELECT max(m.event) FROM @wfe_mail AS m JOIN @wfe_event AS x ON x.seq = m.event
          WHERE m.run = w.run AND x.name = v_event.name AND x.key = v_event.key), 0)`,
      `(SELECT max(m.event) FROM (SELECT event FROM @wfe_mail WHERE run = w.run OFFSET 0) AS m
          WHERE (SELECT x.name = v_event.name AND x.key = v_event.key FROM @wfe_event AS x WHERE x.seq = m.event)), 0)`,
    ],
    [
      `mailed AS (
      UPDATE`,
      `next AS MATERIALIZED (
      SELECT run FROM seen WHERE up_to < p_event
        AND @wfe_first_event(v_event.name, v_event.key, up_to, since) = p_event),
    mailed AS (
      UPDATE`,
    ],
    [
      `FROM seen
      WHERE i.id = seen.run AND seen.up_to < p_event
        AND @wfe_first_event(v_event.name, v_event.key, seen.up_to, seen.since) = p_event
`,
      "FROM next WHERE i.id = ANY (ARRAY[next.run])\n",
    ],
  ])
}
${
  amended(events, "wfe_continue_fan_out", [
    ["ON e.seq = f.event", "ON e.seq = ANY (ARRAY[f.event])"],
  ])
}
${
  amended(events, "wfe_forget_events", [
    [
      `      AND NOT EXISTS (SELECT 1 FROM @wfe_mail WHERE event = e.seq)
      AND NOT EXISTS (SELECT 1 FROM @wfe_fan_out WHERE event = e.seq)
    ORDER`,
      `      AND (SELECT event FROM @wfe_mail WHERE event = e.seq LIMIT 1) IS NULL
      AND (SELECT event FROM @wfe_fan_out WHERE event = e.seq) IS NULL
    ORDER`,
    ],
    [
      `    AND NOT EXISTS (SELECT 1 FROM @wfe_mail WHERE event = e.seq)
    AND NOT EXISTS (SELECT 1 FROM @wfe_fan_out WHERE event = e.seq);
`,
      `    AND (SELECT event FROM @wfe_mail WHERE event = e.seq LIMIT 1) IS NULL
    AND (SELECT event FROM @wfe_fan_out WHERE event = e.seq) IS NULL;
`,
    ],
  ])
}
${
  amended(writing, "wfe_fold", [
    [
      `    SELECT p.id FROM inside CROSS JOIN @wfe_pointer AS p
    WHERE p.run = p_run AND p.parent = inside.id AND p.parent IS NOT NULL)`,
      `    SELECT p.id FROM inside CROSS JOIN LATERAL (
      SELECT id FROM @wfe_pointer WHERE run = p_run AND parent = inside.id OFFSET 0) AS p)`,
    ],
    [
      `FROM inside CROSS JOIN @wfe_pointer AS p WHERE p.run = p_run AND p.id = inside.id;`,
      `FROM inside CROSS JOIN LATERAL (
    SELECT id, open, status FROM @wfe_pointer WHERE run = p_run AND id = inside.id OFFSET 0) AS p;`,
    ],
    ["  v_keeps boolean;\n", "  v_keeps boolean;\n  v_id bigint;\n"],
    [
      "IF NOT v_keeps THEN DELETE FROM @wfe_pointer WHERE run = p_run AND id = ANY (v_ids); END IF;",
      `IF v_keeps THEN RETURN; END IF;
  FOREACH v_id IN ARRAY coalesce(v_ids, '{}') LOOP
    DELETE FROM @wfe_pointer WHERE run = p_run AND id = v_id;
  END LOOP;`,
    ],
  ])
}
${
  amended(attributes, "wfe_write", [
    ["WHERE i.id = t.id AND i.epoch", "WHERE i.id = ANY (ARRAY[t.id]) AND i.epoch"],
    ["AND i.created_at = t.created_at", "AND i.created_at IS NOT DISTINCT FROM t.created_at"],
    ["WHERE m.run = t.run AND m.seq", "WHERE m.run = ANY (ARRAY[t.run]) AND m.seq"],
    ["data json)\n      WHERE d.run = t.run AND", "data json)\n      WHERE d.run = ANY (ARRAY[t.run]) AND"],
    [
      "attributes json)\n      WHERE d.run = t.run AND",
      "attributes json)\n      WHERE d.run = ANY (ARRAY[t.run]) AND",
    ],
    [
      "ended_at bigint)\n      WHERE p.run = t.run AND p.id = t.id AND",
      "ended_at bigint)\n      WHERE p.run = ANY (ARRAY[t.run]) AND p.id = t.id AND",
    ],
    [
      "id bigint)\n      WHERE p.run = t.run AND p.id = t.id AND",
      "id bigint)\n      WHERE p.run = ANY (ARRAY[t.run]) AND p.id = t.id AND",
    ],
  ])
}
${
  amended(attributes, "wfe_state", [
    ["ON e.seq = m.event\n", "ON e.seq = ANY (ARRAY[m.event])\n"],
    [
      "AND c.name = e.name AND c.key = e.key",
      "AND c.name = ANY (ARRAY[e.name]) AND c.key = ANY (ARRAY[e.key])",
    ],
  ])
}
${
  amended(claiming, "wfe_pick", [
    [
      `p_only)))
        AND owner IS NULL AND next_wake IS NOT NULL AND next_wake <= p_now`,
      `p_only)))
        AND owner IS NULL AND coalesce(next_wake, p_now + 1) <= p_now`,
    ],
  ])
}
${
  amended(hints, "wfe_due", [
    ["AND next_wake IS NOT NULL AND next_wake <= p_now", "AND coalesce(next_wake, p_now + 1) <= p_now"],
  ])
}
${
  amended(claiming, "wfe_remove_hosts", [
    [
      "PERFORM 1 FROM @wfe_instance WHERE owner = ANY (v_gone) ORDER BY",
      "PERFORM 1 FROM @wfe_instance\n  WHERE id = ANY (ARRAY(SELECT id FROM @wfe_instance WHERE owner = ANY (v_gone))) AND owner = ANY (v_gone) ORDER BY",
    ],
  ])
}
DO $$
DECLARE
  v_function regprocedure;
BEGIN
  FOR v_function IN
    SELECT p.oid FROM pg_proc AS p
    WHERE p.pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = '@wfe_host'::regclass)
      AND (p.proconfig IS NOT NULL OR p.proname IN ('wfe_mail', 'wfe_tell', 'wfe_open_sink', 'wfe_read_outbox'))
      AND p.proname LIKE 'wfe\\_%'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET jit = off SET enable_bitmapscan = off', v_function);
  END LOOP;
END $$;
`;
