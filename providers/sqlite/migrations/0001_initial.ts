/**
 * The first schema: definitions, hosts, runs with their activations, mailboxes and events, logs, the outbox.
 *
 * - The header of a run is small and apart from what does not change (`wfe_data`), and so is its data: a commit does
 *   not rewrite what it did not change, and many headers share a page.
 * - Activations lie in the order in which they were made, not by run: those that 100 runs add in one transaction
 *   share a page or two. Clustered by run, each would dirty its own.
 * - What a step of a straight line writes (header, settled activation, next activation) is in as few indices as may
 *   be: those of due, parked, unread and ended runs hold only such runs, `wfe_pointer_open` only what a claim reads,
 *   `wfe_pointer_inside` only what is inside of a branch.
 * - The first event behind a cursor that is not too old is found by one seek: `latest` is the greatest time of the
 *   events of the same name and key up to this one, so it rises with `seq`.
 * - A message raises its run's `inbox_seq` and makes the run due by a trigger: neither can be forgotten.
 * - Taking out a host frees what it owns, by the foreign key.
 * - A CASE in the order of frequency is tested as far as needed; an IN list would be built anew for every row.
 *
 * Append-only: published once, never edited.
 */
export const initial: string = `
CREATE TABLE wfe_definition (
  key     INTEGER PRIMARY KEY,
  hash    TEXT NOT NULL UNIQUE,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  rules   INTEGER NOT NULL CHECK (rules >= 1),
  content TEXT NOT NULL
) STRICT;

CREATE INDEX wfe_definition_revision ON wfe_definition (id, version);

CREATE TABLE wfe_host (
  incarnation TEXT PRIMARY KEY,
  pid         INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wfe_instance (
  key           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  definition    INTEGER NOT NULL REFERENCES wfe_definition (key),
  epoch         INTEGER NOT NULL CHECK (epoch >= 0),
  sequence      INTEGER NOT NULL CHECK (sequence >= 1),
  owner         TEXT REFERENCES wfe_host (incarnation) ON DELETE SET NULL,
  status        TEXT NOT NULL,
  next_wake     INTEGER,
  inbox_seq     INTEGER NOT NULL DEFAULT 0,
  inbox_read    INTEGER NOT NULL,
  next_pointer  INTEGER NOT NULL CHECK (next_pointer >= 1),
  attempt       INTEGER NOT NULL CHECK (attempt >= 1),
  crashes       INTEGER NOT NULL CHECK (crashes >= 0),
  forks         TEXT,
  ending        TEXT,
  reason        TEXT,
  parked_reason TEXT,
  error         TEXT,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  CHECK (inbox_read BETWEEN 0 AND inbox_seq),
  CHECK (
    CASE status
      WHEN 'Runnable' THEN ended_at IS NULL
      WHEN 'Suspended' THEN ended_at IS NULL AND parked_reason IS NULL
      WHEN 'Complete' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Failed' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Terminated' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Cancelled' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      ELSE 0
    END),
  CHECK (status = 'Runnable' AND parked_reason IS NULL OR next_wake IS NULL OR inbox_seq > inbox_read)
) STRICT;

CREATE INDEX wfe_instance_due ON wfe_instance (next_wake, key, crashes, definition)
  WHERE owner IS NULL AND next_wake IS NOT NULL;
CREATE INDEX wfe_instance_owner ON wfe_instance (owner) WHERE owner IS NOT NULL;
CREATE INDEX wfe_instance_unread ON wfe_instance (owner) WHERE inbox_seq > inbox_read;
CREATE INDEX wfe_instance_parked ON wfe_instance (definition) WHERE parked_reason IS NOT NULL;
CREATE INDEX wfe_instance_ended ON wfe_instance (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX wfe_instance_newest ON wfe_instance (created_at, id);

CREATE TABLE wfe_data (
  run             INTEGER PRIMARY KEY REFERENCES wfe_instance (key) ON DELETE CASCADE,
  data            TEXT NOT NULL,
  vars            TEXT,
  input_hash      TEXT NOT NULL,
  reference       TEXT,
  idempotency_key TEXT,
  traceparent     TEXT
) STRICT;

CREATE UNIQUE INDEX wfe_data_idempotency ON wfe_data (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX wfe_data_reference ON wfe_data (reference) WHERE reference IS NOT NULL;

CREATE TABLE wfe_pointer (
  run        INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  id         INTEGER NOT NULL CHECK (id >= 1),
  step_key   TEXT NOT NULL,
  parent     INTEGER,
  branch     INTEGER NOT NULL,
  status     TEXT NOT NULL,
  open       INTEGER NOT NULL CHECK (open = 0 OR open = 1),
  ord        INTEGER,
  attempt    INTEGER NOT NULL CHECK (attempt >= 0),
  failures   INTEGER NOT NULL CHECK (failures >= 0),
  due_at     INTEGER,
  item       TEXT,
  saga       INTEGER,
  undoes     INTEGER,
  input      TEXT,
  state      TEXT,
  joining    TEXT,
  wait       TEXT,
  event      TEXT,
  closing    TEXT,
  output     TEXT,
  error      TEXT,
  held       TEXT,
  started_at INTEGER,
  ended_at   INTEGER,
  UNIQUE (run, id),
  CHECK (
    CASE status
      WHEN 'Running' THEN open = 1 AND ended_at IS NULL
      WHEN 'Complete' THEN ended_at IS NOT NULL
      WHEN 'Pending' THEN open = 1 AND ended_at IS NULL
      WHEN 'Waiting' THEN open = 1 AND ended_at IS NULL
      WHEN 'Sleeping' THEN open = 1 AND ended_at IS NULL AND due_at IS NOT NULL
      WHEN 'Compensating' THEN open = 1 AND ended_at IS NULL
      WHEN 'Failed' THEN ended_at IS NOT NULL
      WHEN 'Skipped' THEN ended_at IS NOT NULL
      WHEN 'Cancelled' THEN ended_at IS NOT NULL
      WHEN 'Compensated' THEN ended_at IS NOT NULL
      ELSE 0
    END)
) STRICT;

CREATE INDEX wfe_pointer_open ON wfe_pointer (run, id) WHERE open = 1;
CREATE INDEX wfe_pointer_inside ON wfe_pointer (run, parent, branch) WHERE parent IS NOT NULL;

CREATE TRIGGER wfe_pointer_recorded BEFORE UPDATE OF status, output, error ON wfe_pointer
WHEN OLD.ended_at IS NOT NULL
  AND (OLD.status = 'Complete' OR NEW.status <> 'Pending' AND NEW.status <> 'Waiting')
  AND (NEW.status <> OLD.status OR NEW.output IS NOT OLD.output OR NEW.error IS NOT OLD.error)
BEGIN
  SELECT RAISE(ABORT, 'a recorded step result never changes');
END;

CREATE TABLE wfe_event (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  name         TEXT NOT NULL,
  key          TEXT NOT NULL,
  time         INTEGER NOT NULL,
  latest       INTEGER NOT NULL CHECK (latest >= time),
  published_at INTEGER NOT NULL,
  message_id   TEXT,
  data         TEXT
) STRICT;

CREATE INDEX wfe_event_latest ON wfe_event (name, key, latest);
CREATE INDEX wfe_event_published ON wfe_event (published_at);
CREATE UNIQUE INDEX wfe_event_message ON wfe_event (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE wfe_subscription (
  run     INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  pointer INTEGER NOT NULL,
  name    TEXT NOT NULL,
  key     TEXT NOT NULL,
  since   INTEGER NOT NULL,
  PRIMARY KEY (run, pointer)
) STRICT, WITHOUT ROWID;

CREATE INDEX wfe_subscription_event ON wfe_subscription (name, key, run, since);

CREATE TABLE wfe_cursor (
  run  INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  name TEXT NOT NULL,
  key  TEXT NOT NULL,
  seq  INTEGER NOT NULL,
  PRIMARY KEY (run, name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE wfe_fan_out (
  event    INTEGER PRIMARY KEY REFERENCES wfe_event (seq),
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE wfe_mail (
  run    INTEGER NOT NULL REFERENCES wfe_instance (key) ON DELETE CASCADE,
  seq    INTEGER NOT NULL CHECK (seq >= 1),
  kind   TEXT NOT NULL,
  reason TEXT,
  event  INTEGER REFERENCES wfe_event (seq),
  at     INTEGER NOT NULL,
  PRIMARY KEY (run, seq),
  CHECK ((kind = 'event') = (event IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX wfe_mail_event ON wfe_mail (event, run) WHERE event IS NOT NULL;

CREATE TRIGGER wfe_mail_arrives AFTER INSERT ON wfe_mail BEGIN
  UPDATE wfe_instance SET inbox_seq = NEW.seq, next_wake = min(coalesce(next_wake, NEW.at), NEW.at)
  WHERE key = NEW.run;
END;

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

CREATE TABLE wfe_sink (
  name         TEXT PRIMARY KEY,
  position     INTEGER NOT NULL,
  host         TEXT REFERENCES wfe_host (incarnation) ON DELETE SET NULL,
  leased_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX wfe_sink_host ON wfe_sink (host) WHERE host IS NOT NULL;

CREATE TABLE wfe_outbox (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL
) STRICT;
`;
