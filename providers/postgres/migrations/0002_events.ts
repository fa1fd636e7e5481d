import { indexed } from "./indexed.ts";

/**
 * Publishing, and bringing events to the runs that wait for them.
 *
 * Who publishes an event locks its name and key, who begins to wait for it shares that lock: so each sees what the other
 * has written. Then rows of runs are locked, in the order of their ids, so that no two writers wait for each other.
 *
 * - `wfe_lock_events`: locks `[[name, key, is published], …]`. A writer that has locked rows already only tries
 *   (`p_try`), and begins again with these locks where it fails (`WFE01`).
 * - `wfe_first_event`: the first event behind a position that did not happen before `p_since`.
 * - `wfe_mail`: puts a message into a mailbox and makes the run due; null where there is no such run.
 * - `wfe_catch_up`: mails a run the first event that its waits may take, unless it lies in the mailbox already.
 * - `wfe_lock_waiting`: locks `p_others` and those that get mail by what is published, in the order of all ids.
 * - `wfe_mail_waiting`: mails an event to the runs of the next waits behind `p_after`. None overtakes another: a run
 *   for which an earlier one is on its way gets this one when it has taken that. The first query only tells which rows
 *   to lock; what holds under the locks is looked at behind them.
 *
 * Append-only: published once, never edited.
 */
export const events: string = `
CREATE FUNCTION @wfe_lock_events(p_events json, p_try boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lock record;
BEGIN
  FOR v_lock IN
    SELECT hashtextextended('@wfe_event ' || (e ->> 0) || chr(31) || (e ->> 1), 0) AS id, bool_or((e ->> 2)::boolean) AS alone
    FROM json_array_elements(p_events) AS e GROUP BY 1 ORDER BY 1
  LOOP
    IF NOT p_try THEN
      IF v_lock.alone THEN PERFORM pg_advisory_xact_lock(v_lock.id);
      ELSE PERFORM pg_advisory_xact_lock_shared(v_lock.id);
      END IF;
    ELSIF NOT (CASE WHEN v_lock.alone THEN pg_try_advisory_xact_lock(v_lock.id)
      ELSE pg_try_advisory_xact_lock_shared(v_lock.id) END)
    THEN
      RAISE EXCEPTION 'another writer has locked the event' USING ERRCODE = 'WFE01';
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION @wfe_first_event(p_name text, p_key text, p_after bigint, p_since bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_latest bigint;
BEGIN
  SELECT latest INTO v_latest FROM @wfe_event WHERE seq = p_after;
  RETURN (
    SELECT x.seq FROM @wfe_event AS x
    WHERE x.name = p_name AND x.key = p_key AND x.latest >= greatest(p_since, v_latest)
      AND x.time >= p_since AND x.seq > p_after
    ORDER BY x.latest, x.seq LIMIT 1);
END $$;

CREATE FUNCTION @wfe_mail(p_run text, p_kind text, p_reason text, p_event bigint, p_now bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
BEGIN
  UPDATE @wfe_instance SET inbox_seq = inbox_seq + 1, next_wake = least(next_wake, p_now)
  WHERE id = p_run RETURNING inbox_seq INTO v_seq;
  IF v_seq IS NOT NULL THEN
    INSERT INTO @wfe_mail (run, seq, kind, reason, event, at) VALUES (p_run, v_seq, p_kind, p_reason, p_event, p_now);
  END IF;
  RETURN v_seq;
END $$;

CREATE FUNCTION @wfe_catch_up(p_run text, p_name text, p_key text, p_now bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_since bigint;
  v_first bigint;
BEGIN
  SELECT min(since) INTO v_since FROM @wfe_subscription WHERE run = p_run AND name = p_name AND key = p_key;
  IF v_since IS NULL THEN RETURN; END IF;
  v_first := @wfe_first_event(p_name, p_key, coalesce(
    (SELECT seq FROM @wfe_cursor WHERE run = p_run AND name = p_name AND key = p_key), 0), v_since);
  IF v_first IS NULL OR EXISTS (SELECT 1 FROM @wfe_mail WHERE event = v_first AND run = p_run) THEN RETURN; END IF;
  PERFORM @wfe_mail(p_run, 'event', NULL, v_first, p_now);
END $$;

CREATE FUNCTION @wfe_mail_waiting(
  p_event bigint, p_after bigint, p_limit bigint, p_now bigint, OUT o_woken text[], OUT o_count bigint, OUT o_last bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_event record;
  v_runs text[];
BEGIN
  SELECT name, key, time INTO v_event FROM @wfe_event WHERE seq = p_event;
  SELECT array_agg(DISTINCT run), count(*), max(number) INTO v_runs, o_count, o_last FROM (
    SELECT s.run, s.number FROM @wfe_subscription AS s
    WHERE s.name = v_event.name AND s.key = v_event.key AND s.number > p_after AND s.since <= v_event.time
    ORDER BY s.number LIMIT p_limit) AS waiting;
  o_woken := '{}';
  IF o_count = 0 THEN RETURN; END IF;
  PERFORM 1 FROM @wfe_instance WHERE id = ANY (v_runs) ORDER BY id FOR NO KEY UPDATE;
  WITH
    waiting AS (
      SELECT s.run, min(s.since) AS since FROM unnest(v_runs) AS asked (run) CROSS JOIN @wfe_subscription AS s
      WHERE s.name = v_event.name AND s.key = v_event.key AND s.run = asked.run
      GROUP BY s.run),
    seen AS (
      SELECT w.run, w.since, greatest(
        (SELECT c.seq FROM @wfe_cursor AS c WHERE c.run = w.run AND c.name = v_event.name AND c.key = v_event.key),
        (SELECT max(m.event) FROM @wfe_mail AS m JOIN @wfe_event AS x ON x.seq = m.event
          WHERE m.run = w.run AND x.name = v_event.name AND x.key = v_event.key), 0) AS up_to
      FROM waiting AS w WHERE w.since <= v_event.time),
    mailed AS (
      UPDATE @wfe_instance AS i SET inbox_seq = i.inbox_seq + 1, next_wake = least(i.next_wake, p_now)
      FROM seen
      WHERE i.id = seen.run AND seen.up_to < p_event
        AND @wfe_first_event(v_event.name, v_event.key, seen.up_to, seen.since) = p_event
      RETURNING i.id, i.inbox_seq),
    put AS (
      INSERT INTO @wfe_mail (run, seq, kind, event, at) SELECT id, inbox_seq, 'event', p_event, p_now FROM mailed
      RETURNING run)
  SELECT coalesce(array_agg(run), '{}') INTO o_woken FROM put;
END $$;

CREATE FUNCTION @wfe_add_event(
  p_name text, p_key text, p_time bigint, p_message text, p_data json, p_now bigint,
  OUT o_seq bigint, OUT o_woken text[])
LANGUAGE plpgsql AS $$
DECLARE
  v_time bigint := coalesce(p_time, p_now);
  v_sent record;
BEGIN
  INSERT INTO @wfe_event (name, key, time, latest, published_at, message_id, data)
  VALUES (p_name, p_key, v_time, greatest(v_time,
    (SELECT latest FROM @wfe_event WHERE name = p_name AND key = p_key ORDER BY latest DESC LIMIT 1)),
    p_now, p_message, p_data)
  ON CONFLICT (message_id) WHERE message_id IS NOT NULL DO NOTHING
  RETURNING seq INTO o_seq;
  IF o_seq IS NULL THEN RETURN; END IF;
  SELECT * INTO v_sent FROM @wfe_mail_waiting(o_seq, 0, 1000, p_now);
  o_woken := v_sent.o_woken;
  IF v_sent.o_count = 1000 THEN
    INSERT INTO @wfe_fan_out (event, position) SELECT o_seq, v_sent.o_last WHERE EXISTS (
      SELECT 1 FROM @wfe_subscription AS s
      WHERE s.name = p_name AND s.key = p_key AND s.number > v_sent.o_last AND s.since <= v_time);
  END IF;
END $$;

CREATE FUNCTION @wfe_lock_waiting(p_events json, p_others text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM @wfe_instance WHERE id = ANY (ARRAY(
    SELECT unnest(p_others)
    UNION
    SELECT s.run FROM json_array_elements(p_events) AS e CROSS JOIN LATERAL (
      SELECT run FROM @wfe_subscription WHERE name = e ->> 0 AND key = e ->> 1 ORDER BY number LIMIT 1000) AS s
    WHERE (e ->> 2)::boolean
  )) ORDER BY id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION @wfe_publish(p_events json, p_locks json, p_now bigint) RETURNS SETOF json
LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_event record;
  v_added record;
BEGIN
  PERFORM @wfe_lock_events(p_locks, false);
  PERFORM @wfe_lock_waiting(p_locks, NULL);
  FOR v_event IN
    SELECT * FROM json_to_recordset(p_events) AS t (name text, key text, time bigint, message_id text, data json)
  LOOP
    SELECT * INTO v_added FROM @wfe_add_event(
      v_event.name, v_event.key, v_event.time, v_event.message_id, v_event.data, p_now);
    RETURN NEXT json_build_object('seq', v_added.o_seq, 'woken', v_added.o_woken);
  END LOOP;
END $$;

CREATE FUNCTION @wfe_continue_fan_out(p_limit bigint, p_now bigint) RETURNS json
LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_event record;
  v_position bigint;
  v_sent record;
BEGIN
  SELECT e.seq, e.name, e.key, e.time INTO v_event
  FROM @wfe_fan_out AS f JOIN @wfe_event AS e ON e.seq = f.event ORDER BY f.event LIMIT 1;
  IF NOT FOUND THEN RETURN NULL; END IF;
  PERFORM @wfe_lock_events(json_build_array(json_build_array(v_event.name, v_event.key, true)), false);
  SELECT position INTO v_position FROM @wfe_fan_out WHERE event = v_event.seq;
  IF NOT FOUND THEN RETURN '[]'; END IF;
  SELECT * INTO v_sent FROM @wfe_mail_waiting(v_event.seq, v_position, p_limit, p_now);
  v_position := coalesce(v_sent.o_last, v_position);
  IF EXISTS (
    SELECT 1 FROM @wfe_subscription AS s
    WHERE s.name = v_event.name AND s.key = v_event.key AND s.number > v_position AND s.since <= v_event.time)
  THEN UPDATE @wfe_fan_out SET position = v_position WHERE event = v_event.seq;
  ELSE DELETE FROM @wfe_fan_out WHERE event = v_event.seq;
  END IF;
  RETURN to_json(v_sent.o_woken);
END $$;

CREATE FUNCTION @wfe_forget_events(p_before bigint, p_limit bigint) RETURNS bigint
LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_seqs bigint[];
  v_count bigint;
BEGIN
  SELECT array_agg(seq) INTO v_seqs FROM (
    SELECT e.seq, e.name, e.key FROM @wfe_event AS e
    WHERE e.published_at < p_before
      AND NOT EXISTS (SELECT 1 FROM @wfe_mail WHERE event = e.seq)
      AND NOT EXISTS (SELECT 1 FROM @wfe_fan_out WHERE event = e.seq)
    ORDER BY e.published_at LIMIT p_limit) AS old
  WHERE pg_try_advisory_xact_lock(hashtextextended('@wfe_event ' || name || chr(31) || key, 0));
  DELETE FROM @wfe_event AS e
  WHERE e.seq = ANY (v_seqs)
    AND NOT EXISTS (SELECT 1 FROM @wfe_mail WHERE event = e.seq)
    AND NOT EXISTS (SELECT 1 FROM @wfe_fan_out WHERE event = e.seq);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
`;
