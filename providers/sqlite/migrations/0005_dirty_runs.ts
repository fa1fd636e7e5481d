/**
 * Sinks of a second kind, for which only is kept which runs have changed: one row a run, whatever happens to it. The rows
 * of purged runs stay until they are cleared, so they hang on no run. A new sink begins with a row of no run: nothing is
 * known of what was before.
 *
 * Append-only: published once, never edited.
 */
export const dirtyRuns: string = `
ALTER TABLE wfe_sink ADD COLUMN kind TEXT NOT NULL DEFAULT 'events' CHECK (kind = 'events' OR kind = 'runs');

CREATE TABLE wfe_dirty (
  sink       TEXT NOT NULL REFERENCES wfe_sink (name) ON DELETE CASCADE,
  run        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  sequence   INTEGER NOT NULL,
  PRIMARY KEY (sink, run)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER wfe_sink_opened AFTER INSERT ON wfe_sink WHEN NEW.kind = 'runs' BEGIN
  INSERT INTO wfe_dirty (sink, run, created_at, sequence) VALUES (NEW.name, '', 0, 0);
END;
`;
