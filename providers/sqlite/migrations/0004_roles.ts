/**
 * The tables of the other roles.
 *
 * - `wfe_lock`: who has a lock, if anybody, and the greatest fence of it that was given, or seen in a commit. Fences are
 *   microseconds, so those of the past are found by them.
 * - `wfe_hint`: that a run may be due. No foreign key: a hint may be wrong.
 * - `wfe_feed`: the last lifecycle events, numbered by sink.
 *
 * Append-only: published once, never edited.
 */
export const roles: string = `
CREATE TABLE wfe_lock (
  name       TEXT PRIMARY KEY,
  fence      INTEGER NOT NULL,
  token      TEXT,
  expires_at INTEGER,
  CHECK ((token IS NULL) = (expires_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX wfe_lock_fence ON wfe_lock (fence);

CREATE TABLE wfe_hint (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  run        TEXT NOT NULL,
  visible_at INTEGER NOT NULL
) STRICT;

CREATE INDEX wfe_hint_visible ON wfe_hint (visible_at);

CREATE TABLE wfe_feed (
  sink  TEXT NOT NULL,
  seq   INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
`;
