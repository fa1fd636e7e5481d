/**
 * The first schema: definitions, hosts, runs with their activations and mailboxes, logs.
 *
 * - A run's small header is apart from its data, so that a commit does not rewrite data that did not change.
 * - `wfe_instance_due` holds only runs that somebody may claim, so the commits of a running one do not touch it.
 * - Taking out a host frees what it owns, by the foreign key.
 * - `wfe_pointer_open` spares a claim the finished activations of a long run.
 *
 * Append-only: published once, never edited.
 */
export const initial: string = `
CREATE TABLE wfe_definition (
  hash    TEXT PRIMARY KEY,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  content TEXT NOT NULL
) STRICT;

CREATE TABLE wfe_host (
  incarnation TEXT PRIMARY KEY,
  pid         INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wfe_instance (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  definition_id   TEXT NOT NULL,
  version         INTEGER NOT NULL,
  definition_hash TEXT NOT NULL REFERENCES wfe_definition (hash),
  status          TEXT NOT NULL
    CHECK (status IN ('Runnable', 'Suspended', 'Complete', 'Failed', 'Terminated', 'Cancelled')),
  input_hash      TEXT NOT NULL,
  reference       TEXT,
  idempotency_key TEXT,
  attempt         INTEGER NOT NULL CHECK (attempt >= 1),
  epoch           INTEGER NOT NULL CHECK (epoch >= 0),
  owner           TEXT REFERENCES wfe_host (incarnation) ON DELETE SET NULL,
  sequence        INTEGER NOT NULL CHECK (sequence >= 1),
  next_wake       INTEGER,
  inbox_seq       INTEGER NOT NULL DEFAULT 0,
  inbox_read      INTEGER NOT NULL,
  next_pointer    INTEGER NOT NULL CHECK (next_pointer >= 1),
  reason          TEXT,
  parked_reason   TEXT,
  error           TEXT,
  created_at      INTEGER NOT NULL,
  ended_at        INTEGER,
  CHECK (inbox_read BETWEEN 0 AND inbox_seq),
  CHECK ((status IN ('Runnable', 'Suspended')) = (ended_at IS NULL)),
  CHECK (parked_reason IS NULL OR status = 'Runnable'),
  CHECK (next_wake IS NULL OR inbox_seq > inbox_read OR status = 'Runnable' AND parked_reason IS NULL)
) STRICT;

CREATE UNIQUE INDEX wfe_instance_idempotency ON wfe_instance (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX wfe_instance_due ON wfe_instance (next_wake) WHERE owner IS NULL AND next_wake IS NOT NULL;
CREATE INDEX wfe_instance_owner ON wfe_instance (owner) WHERE owner IS NOT NULL;
CREATE INDEX wfe_instance_parked ON wfe_instance (definition_id) WHERE parked_reason IS NOT NULL;
CREATE INDEX wfe_instance_newest ON wfe_instance (created_at, id);

CREATE TABLE wfe_data (
  run  INTEGER PRIMARY KEY REFERENCES wfe_instance (key) ON DELETE CASCADE,
  vars TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE TABLE wfe_pointer (
  run        INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  id         INTEGER NOT NULL CHECK (id >= 1),
  step_key   TEXT NOT NULL,
  status     TEXT NOT NULL
    CHECK (status IN ('Pending', 'Running', 'Sleeping', 'Waiting', 'Complete', 'Failed', 'Skipped', 'Cancelled',
      'Compensating', 'Compensated')),
  attempt    INTEGER NOT NULL CHECK (attempt >= 0),
  failures   INTEGER NOT NULL CHECK (failures >= 0),
  due_at     INTEGER,
  state      TEXT,
  output     TEXT,
  error      TEXT,
  held       TEXT,
  started_at INTEGER,
  ended_at   INTEGER,
  PRIMARY KEY (run, id),
  CHECK (status NOT IN ('Pending', 'Running', 'Sleeping', 'Waiting') OR ended_at IS NULL),
  CHECK (status NOT IN ('Complete', 'Failed', 'Skipped', 'Cancelled') OR ended_at IS NOT NULL),
  CHECK (status <> 'Sleeping' OR due_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX wfe_pointer_open ON wfe_pointer (run, id) WHERE status <> 'Complete';

CREATE TRIGGER wfe_pointer_recorded BEFORE UPDATE ON wfe_pointer WHEN OLD.status = 'Complete' BEGIN
  SELECT RAISE(ABORT, 'a recorded step result never changes');
END;

CREATE TABLE wfe_mail (
  run    INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  seq    INTEGER NOT NULL CHECK (seq >= 1),
  intent TEXT NOT NULL,
  reason TEXT,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE wfe_log (
  seq     INTEGER PRIMARY KEY,
  run     INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  pointer INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  stream  TEXT NOT NULL,
  text    TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;

CREATE INDEX wfe_log_run ON wfe_log (run);
`;
