/**
 * The tables: definitions, hosts, runs with their activations, mailboxes and events, logs, notes, the outbox. `@` stands
 * for the schema.
 *
 * - A run's own id is the key of all that belongs to it, so that the rows of a run are one shard where the database is
 *   distributed, and so that whatever a group of transitions writes can be written without asking for keys first.
 *   `COLLATE "C"`: ids are compared by their bytes, as every other store compares them.
 * - JSON is of the type `json`, not `jsonb`: it comes back as it was written (the order of keys, numbers such as 1e-300),
 *   and is cheaper to write. `data -> 'key'` and `data::jsonb` read it all the same.
 * - The header of a run is small and apart from what does not change (`wfe_data`). Nothing that a step in a straight line
 *   changes in it is part of an index, and its pages have room: such an update touches no index (HOT).
 * - The indices of due, parked, unread and ended runs hold only such runs, `wfe_pointer_open` only what a claim reads,
 *   `wfe_pointer_inside` only what is inside of a branch.
 * - The first event behind a cursor that is not too old is found by one seek: `latest` is the greatest time of the events
 *   of the same name and key up to this one, so it rises with `seq`.
 * - Taking out a host frees what it owns, by the foreign key.
 * - Activations have no foreign key: they are written only under the lock of their run's row, and go with it by a trigger
 *   that costs a purge and not each step.
 *
 * Append-only: published once, never edited.
 */
export const tables: string = `
CREATE TABLE @wfe_definition (
  key     integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  hash    text COLLATE "C" NOT NULL UNIQUE,
  id      text COLLATE "C" NOT NULL,
  version bigint NOT NULL CHECK (version >= 1),
  rules   integer NOT NULL CHECK (rules >= 1),
  content text NOT NULL
);

CREATE INDEX wfe_definition_revision ON @wfe_definition (id, version);

CREATE TABLE @wfe_host (
  incarnation text COLLATE "C" PRIMARY KEY,
  pid         bigint NOT NULL,
  expires_at  bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE @wfe_instance (
  id              text COLLATE "C" PRIMARY KEY,
  definition      integer NOT NULL REFERENCES @wfe_definition (key),
  epoch           bigint NOT NULL CHECK (epoch >= 0),
  sequence        bigint NOT NULL CHECK (sequence >= 1),
  owner           text COLLATE "C" REFERENCES @wfe_host (incarnation) ON DELETE SET NULL,
  status          text NOT NULL,
  next_wake       bigint,
  inbox_seq       bigint NOT NULL DEFAULT 0,
  inbox_read      bigint NOT NULL,
  next_pointer    bigint NOT NULL CHECK (next_pointer >= 1),
  attempt         bigint NOT NULL CHECK (attempt >= 1),
  crashes         bigint NOT NULL CHECK (crashes >= 0),
  carried         text,
  forks           json,
  ending          json,
  reason          text,
  parked_reason   text,
  error           json,
  idempotency_key text COLLATE "C",
  created_at      bigint NOT NULL,
  ended_at        bigint,
  CHECK (inbox_read BETWEEN 0 AND inbox_seq),
  CHECK (carried IS NULL OR ended_at IS NULL),
  CHECK (
    CASE status
      WHEN 'Runnable' THEN ended_at IS NULL
      WHEN 'Suspended' THEN ended_at IS NULL AND parked_reason IS NULL
      WHEN 'Complete' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Failed' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Terminated' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      WHEN 'Cancelled' THEN ended_at IS NOT NULL AND parked_reason IS NULL
      ELSE false
    END),
  CHECK (status = 'Runnable' AND parked_reason IS NULL OR next_wake IS NULL OR inbox_seq > inbox_read)
) WITH (fillfactor = 60);

CREATE INDEX wfe_instance_due ON @wfe_instance (next_wake, created_at, crashes)
  WHERE owner IS NULL AND next_wake IS NOT NULL;
CREATE INDEX wfe_instance_owner ON @wfe_instance (owner, next_wake) WHERE owner IS NOT NULL;
CREATE INDEX wfe_instance_unread ON @wfe_instance (owner) WHERE inbox_seq > inbox_read;
CREATE INDEX wfe_instance_parked ON @wfe_instance (definition) WHERE parked_reason IS NOT NULL;
CREATE INDEX wfe_instance_ended ON @wfe_instance (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX wfe_instance_newest ON @wfe_instance (created_at, id);
CREATE UNIQUE INDEX wfe_instance_idempotency ON @wfe_instance (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE @wfe_data (
  run         text COLLATE "C" PRIMARY KEY REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  data        json NOT NULL,
  vars        json,
  input_hash  text NOT NULL,
  reference   text COLLATE "C",
  traceparent text
);

CREATE INDEX wfe_data_reference ON @wfe_data (reference) WHERE reference IS NOT NULL;

CREATE TABLE @wfe_pointer (
  run        text COLLATE "C" NOT NULL,
  id         bigint NOT NULL CHECK (id >= 1),
  step_key   text COLLATE "C" NOT NULL,
  parent     bigint,
  branch     bigint NOT NULL,
  item       json,
  saga       bigint,
  undoes     bigint,
  status     text NOT NULL,
  open       boolean NOT NULL,
  ord        bigint,
  attempt    bigint NOT NULL CHECK (attempt >= 0),
  failures   bigint NOT NULL CHECK (failures >= 0),
  due_at     bigint,
  input      json,
  state      json,
  joining    json,
  wait       json,
  event      json,
  closing    json,
  output     json,
  error      json,
  held       json,
  started_at bigint,
  ended_at   bigint,
  PRIMARY KEY (run, id),
  CHECK (
    CASE status
      WHEN 'Running' THEN open AND ended_at IS NULL
      WHEN 'Complete' THEN ended_at IS NOT NULL
      WHEN 'Pending' THEN open AND ended_at IS NULL
      WHEN 'Waiting' THEN open AND ended_at IS NULL
      WHEN 'Sleeping' THEN open AND ended_at IS NULL AND due_at IS NOT NULL
      WHEN 'Compensating' THEN open AND ended_at IS NULL
      WHEN 'Failed' THEN ended_at IS NOT NULL
      WHEN 'Skipped' THEN ended_at IS NOT NULL
      WHEN 'Cancelled' THEN ended_at IS NOT NULL
      WHEN 'Compensated' THEN ended_at IS NOT NULL
      ELSE false
    END)
);

CREATE INDEX wfe_pointer_open ON @wfe_pointer (run, id) WHERE open;
CREATE INDEX wfe_pointer_inside ON @wfe_pointer (run, parent, branch) WHERE parent IS NOT NULL;

CREATE FUNCTION @wfe_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.status = 'Complete' OR NEW.status <> 'Pending' AND NEW.status <> 'Waiting')
    AND (NEW.status, NEW.output::text, NEW.error::text)
      IS DISTINCT FROM (OLD.status, OLD.output::text, OLD.error::text)
  THEN
    RAISE EXCEPTION 'a recorded step result never changes' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER wfe_pointer_recorded BEFORE UPDATE OF status, output, error ON @wfe_pointer
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION @wfe_refuse_change();

CREATE FUNCTION @wfe_delete_pointers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM @wfe_pointer WHERE run = OLD.id;
  RETURN OLD;
END $$;

CREATE TRIGGER wfe_instance_deleted BEFORE DELETE ON @wfe_instance
  FOR EACH ROW EXECUTE FUNCTION @wfe_delete_pointers();

CREATE TABLE @wfe_event (
  seq          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name         text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL,
  time         bigint NOT NULL,
  latest       bigint NOT NULL CHECK (latest >= time),
  published_at bigint NOT NULL,
  message_id   text COLLATE "C",
  data         json
);

CREATE INDEX wfe_event_latest ON @wfe_event (name, key, latest, seq);
CREATE INDEX wfe_event_published ON @wfe_event (published_at);
CREATE UNIQUE INDEX wfe_event_message ON @wfe_event (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE @wfe_subscription (
  run     text COLLATE "C" NOT NULL REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  pointer bigint NOT NULL,
  name    text COLLATE "C" NOT NULL,
  key     text COLLATE "C" NOT NULL,
  since   bigint NOT NULL,
  number  bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (run, pointer)
);

CREATE INDEX wfe_subscription_event ON @wfe_subscription (name, key, number);

CREATE TABLE @wfe_cursor (
  run  text COLLATE "C" NOT NULL REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  name text COLLATE "C" NOT NULL,
  key  text COLLATE "C" NOT NULL,
  seq  bigint NOT NULL,
  PRIMARY KEY (run, name, key)
);

CREATE TABLE @wfe_fan_out (
  event    bigint PRIMARY KEY REFERENCES @wfe_event (seq),
  position bigint NOT NULL
);

CREATE TABLE @wfe_mail (
  run    text COLLATE "C" NOT NULL REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  seq    bigint NOT NULL CHECK (seq >= 1),
  kind   text NOT NULL,
  reason text,
  event  bigint REFERENCES @wfe_event (seq),
  at     bigint NOT NULL,
  PRIMARY KEY (run, seq),
  CHECK ((kind = 'event') = (event IS NOT NULL))
);

CREATE INDEX wfe_mail_event ON @wfe_mail (event, run) WHERE event IS NOT NULL;

CREATE TABLE @wfe_log (
  seq     bigint GENERATED ALWAYS AS IDENTITY,
  run     text COLLATE "C" NOT NULL REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  pointer bigint NOT NULL,
  attempt bigint NOT NULL,
  stream  text NOT NULL,
  text    text NOT NULL,
  at      bigint NOT NULL,
  PRIMARY KEY (run, seq)
);

CREATE TABLE @wfe_note (
  run     text COLLATE "C" PRIMARY KEY REFERENCES @wfe_instance (id) ON DELETE CASCADE,
  pointer bigint NOT NULL,
  attempt bigint NOT NULL,
  text    text NOT NULL,
  at      bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE @wfe_sink (
  name         text COLLATE "C" PRIMARY KEY,
  position     bigint NOT NULL,
  host         text COLLATE "C" REFERENCES @wfe_host (incarnation) ON DELETE SET NULL,
  leased_until bigint
);

CREATE INDEX wfe_sink_host ON @wfe_sink (host) WHERE host IS NOT NULL;

CREATE TABLE @wfe_outbox (
  seq   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  event json NOT NULL
);
`;
