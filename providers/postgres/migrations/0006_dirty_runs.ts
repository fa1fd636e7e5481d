import { writing } from "./0003_writing.ts";
import { claiming } from "./0004_claiming.ts";
import { amended } from "./amended.ts";

/**
 * Sinks of a second kind, for which only is kept which runs have changed: one row a run, whatever happens to it. The rows
 * of purged runs stay until they are cleared, so they hang on no run.
 *
 * - `wfe_write` notes which runs it has changed, where such a sink is open. It has their rows locked, and who clears what
 *   is noted leaves out what is locked: so no two wait for each other. `WFE02` is about the other kind alone.
 * - `wfe_open_sink` waits, as before, until every writer that had begun is done: what they wrote was before the sink. A
 *   new one begins with a row of no run: nothing is known of what was before.
 *
 * Append-only: published once, never edited.
 */
export const dirtyRuns: string = `
ALTER TABLE @wfe_sink ADD COLUMN kind text NOT NULL DEFAULT 'events' CHECK (kind IN ('events', 'runs'));

CREATE TABLE @wfe_dirty (
  sink       text COLLATE "C" NOT NULL REFERENCES @wfe_sink (name) ON DELETE CASCADE,
  run        text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  sequence   bigint NOT NULL,
  PRIMARY KEY (sink, run)
) WITH (fillfactor = 70);

${
  amended(writing, "wfe_write", [
    ["  v_sent record;\n", "  v_sent record;\n  v_marks boolean;\n"],
    [
      "IF NOT p_keeps AND EXISTS (SELECT 1 FROM @wfe_sink) THEN",
      "v_marks := EXISTS (SELECT 1 FROM @wfe_sink WHERE kind = 'runs');\n" +
      "  IF NOT p_keeps AND EXISTS (SELECT 1 FROM @wfe_sink WHERE kind = 'events') THEN",
    ],
    [
      "AND EXISTS (SELECT 1 FROM @wfe_sink)\n      ORDER BY e.number;\n    END IF;\n",
      "AND EXISTS (SELECT 1 FROM @wfe_sink WHERE kind = 'events')\n      ORDER BY e.number;\n    END IF;\n" +
      `    IF v_marks THEN
      INSERT INTO @wfe_dirty (sink, run, created_at, sequence)
      SELECT s.name, i.id, i.created_at, i.sequence FROM @wfe_sink AS s CROSS JOIN @wfe_instance AS i
      WHERE s.kind = 'runs' AND i.id = ANY (v_fit)
      ON CONFLICT (sink, run) DO UPDATE SET created_at = excluded.created_at, sequence = excluded.sequence;
    END IF;
`,
    ],
  ])
}
DROP FUNCTION @wfe_open_sink(text, bigint);

CREATE FUNCTION @wfe_open_sink(p_name text, p_kind text, p_now bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_new boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('@wfe_outbox', 0));
  v_new := NOT EXISTS (SELECT 1 FROM @wfe_sink WHERE name = p_name);
  INSERT INTO @wfe_sink AS s (name, kind, position, leased_until)
  SELECT p_name, p_kind, CASE WHEN is_called THEN last_value ELSE 0 END, p_now FROM @wfe_outbox_seq_seq
  ON CONFLICT (name) DO UPDATE SET leased_until = greatest(s.leased_until, excluded.leased_until);
  IF v_new AND p_kind = 'runs' THEN
    INSERT INTO @wfe_dirty (sink, run, created_at, sequence) VALUES (p_name, '', 0, 0);
  END IF;
END $$;

${
  amended(claiming, "wfe_read_outbox", [
    ["WHERE name = p_sink)", "WHERE name = p_sink AND kind = 'events')"],
  ])
}`;
