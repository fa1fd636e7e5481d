import { indexed } from "./indexed.ts";

/**
 * Writing transitions: a group of them is one call, so one way to the server and back, and one transaction.
 *
 * `wfe_write` gets rounds, each with at most one transition a run, as lists of rows by table, in the order of run ids:
 * what all transitions of a round write to one table is one statement. A transition whose epoch, sequence or time of
 * creation does not fit is left out alone. Of each round it tells
 *
 * - `kept`: of each that was written the id, `inbox_seq`, `next_wake`, the owner;
 * - `changed`: the same anew of the runs that may have got mail since;
 * - `woken`: by run, who got mail by what it published.
 *
 * `p_locks` are the events that are published or waited for (see `wfe_lock_events`). All shared-lock the outbox, which
 * who opens a sink or reads the outbox locks alone for a moment: so no entry appears before one that was read already.
 * `WFE02` says that a sink is open, and that the group comes without its lifecycle events.
 *
 * Append-only: published once, never edited.
 */
export const writing: string = `
CREATE FUNCTION @wfe_fold(p_run text, p_parent bigint, p_branch bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
  v_keeps boolean;
BEGIN
  IF p_parent IS NULL THEN
    SELECT array_agg(id) INTO v_ids FROM @wfe_pointer WHERE run = p_run AND parent IS NULL AND branch = p_branch;
  ELSE
    SELECT array_agg(id) INTO v_ids FROM @wfe_pointer WHERE run = p_run AND parent = p_parent AND branch = p_branch;
  END IF;
  WITH RECURSIVE inside (id) AS (
    SELECT unnest(v_ids)
    UNION
    SELECT p.id FROM inside CROSS JOIN @wfe_pointer AS p
    WHERE p.run = p_run AND p.parent = inside.id AND p.parent IS NOT NULL)
  SELECT array_agg(p.id), bool_or(p.open OR p.status = 'Failed') INTO v_ids, v_keeps
  FROM inside CROSS JOIN @wfe_pointer AS p WHERE p.run = p_run AND p.id = inside.id;
  IF NOT v_keeps THEN DELETE FROM @wfe_pointer WHERE run = p_run AND id = ANY (v_ids); END IF;
END $$;

CREATE FUNCTION @wfe_change_waits(p_run text, p_taken json, p_unsubscribed json, p_subscribed json, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_event record;
  v_over bigint[] := ARRAY(SELECT value::bigint FROM json_array_elements_text(p_unsubscribed));
BEGIN
  INSERT INTO @wfe_cursor AS c (run, name, key, seq)
  SELECT p_run, name, key, max(seq) FROM json_to_recordset(p_taken) AS t (name text, key text, seq bigint) GROUP BY name, key
  ON CONFLICT (run, name, key) DO UPDATE SET seq = greatest(c.seq, excluded.seq);
  IF cardinality(v_over) > 0 THEN
    FOR v_event IN
      WITH over AS (DELETE FROM @wfe_subscription WHERE run = p_run AND pointer = ANY (v_over) RETURNING name, key)
      SELECT DISTINCT name, key FROM over ORDER BY name, key
    LOOP
      PERFORM @wfe_catch_up(p_run, v_event.name, v_event.key, p_now);
    END LOOP;
  END IF;
  INSERT INTO @wfe_subscription (run, pointer, name, key, since)
  SELECT p_run, pointer, name, key, since
  FROM json_to_recordset(p_subscribed) AS t (pointer bigint, name text, key text, since bigint)
  ON CONFLICT (run, pointer) DO UPDATE SET name = excluded.name, key = excluded.key, since = excluded.since;
  FOR v_event IN
    SELECT name, key FROM json_to_recordset(p_taken) AS t (name text, key text)
    UNION SELECT name, key FROM json_to_recordset(p_subscribed) AS t (name text, key text)
    ORDER BY name, key
  LOOP
    PERFORM @wfe_catch_up(p_run, v_event.name, v_event.key, p_now);
  END LOOP;
END $$;

CREATE FUNCTION @wfe_write(p_rounds json, p_locks json, p_now bigint, p_keeps boolean, p_try boolean)
RETURNS SETOF json LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_round record;
  v_each record;
  v_fit text[];
  v_made text[];
  v_all boolean;
  v_kept json;
  v_new json;
  v_woken json[];
  v_sent record;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('@wfe_outbox', 0));
  IF NOT p_keeps AND EXISTS (SELECT 1 FROM @wfe_sink) THEN
    RAISE EXCEPTION 'a sink is open' USING ERRCODE = 'WFE02';
  END IF;
  IF p_locks IS NOT NULL THEN
    PERFORM @wfe_lock_events(p_locks, p_try);
    PERFORM @wfe_lock_waiting(p_locks, ARRAY(
      SELECT header ->> 'id' FROM json_array_elements(p_rounds) AS r, json_array_elements(r -> 'headers') AS header));
  END IF;
  FOR v_round IN
    SELECT x.* FROM json_array_elements(p_rounds) AS r CROSS JOIN LATERAL json_to_record(r) AS x (
      starts json, headers json, data json, read json, added json, known json, released json, folded json, waits json,
      published json, events json)
  LOOP
    v_fit := '{}';
    v_kept := NULL;
    IF v_round.headers IS NOT NULL THEN
      WITH written AS (
        UPDATE @wfe_instance AS i SET
          sequence = t.sequence,
          next_wake = CASE WHEN i.inbox_seq > t.inbox_read THEN p_now ELSE t.next_wake END,
          inbox_read = t.inbox_read, next_pointer = t.next_pointer, status = t.status, attempt = t.attempt,
          epoch = t.epoch, crashes = t.crashes, carried = t.carried, forks = t.forks, ending = t.ending,
          reason = t.reason, parked_reason = t.parked_reason, error = t.error, ended_at = t.ended_at,
          owner = CASE WHEN i.owner IS NOT DISTINCT FROM t.owner THEN i.owner
            ELSE (SELECT incarnation FROM @wfe_host WHERE incarnation = t.owner) END,
          definition = CASE WHEN t.definition IS NULL THEN i.definition
            ELSE (SELECT key FROM @wfe_definition WHERE hash = t.definition) END
        FROM json_to_recordset(v_round.headers) AS t (
          id text, epoch_before bigint, created_at bigint, definition text, epoch bigint, sequence bigint, owner text,
          status text, next_wake bigint, inbox_read bigint, next_pointer bigint, attempt bigint, crashes bigint,
          carried text, forks json, ending json, reason text, parked_reason text, error json, ended_at bigint)
        WHERE i.id = t.id AND i.epoch = t.epoch_before AND i.sequence = t.sequence - 1 AND i.created_at = t.created_at
        RETURNING i.id, i.inbox_seq, i.next_wake, i.owner)
      SELECT array_agg(id), json_agg(json_build_array(id, inbox_seq, next_wake, owner)) INTO v_fit, v_kept FROM written;
      v_fit := coalesce(v_fit, '{}');
    END IF;
    IF v_round.starts IS NOT NULL THEN
      WITH made AS (
        INSERT INTO @wfe_instance (
          id, definition, epoch, sequence, owner, status, next_wake, inbox_read, next_pointer, attempt, crashes, carried,
          forks, ending, reason, parked_reason, error, idempotency_key, created_at, ended_at)
        SELECT t.id, (SELECT key FROM @wfe_definition WHERE hash = t.definition), t.epoch, t.sequence,
          (SELECT incarnation FROM @wfe_host WHERE incarnation = t.owner), t.status, t.next_wake, t.inbox_read,
          t.next_pointer, t.attempt, t.crashes, t.carried, t.forks, t.ending, t.reason, t.parked_reason, t.error,
          t.idempotency_key, t.created_at, t.ended_at
        FROM json_to_recordset(v_round.starts) AS t (
          id text, created_at bigint, definition text, epoch bigint, sequence bigint, owner text, status text,
          next_wake bigint, inbox_read bigint, next_pointer bigint, attempt bigint, crashes bigint, carried text,
          forks json, ending json, reason text, parked_reason text, error json, ended_at bigint, idempotency_key text)
        ON CONFLICT DO NOTHING
        RETURNING id, inbox_seq, next_wake, owner)
      SELECT array_agg(id), json_agg(json_build_array(id, inbox_seq, next_wake, owner)) INTO v_made, v_new FROM made;
      v_fit := v_fit || coalesce(v_made, '{}');
      INSERT INTO @wfe_data (run, data, vars, input_hash, reference, traceparent)
      SELECT t.id, t.data, t.vars, t.input_hash, t.reference, t.traceparent
      FROM json_to_recordset(v_round.starts) AS t (
        id text, data json, vars json, input_hash text, reference text, traceparent text)
      WHERE t.id = ANY (v_made);
    ELSE
      v_new := NULL;
    END IF;
    v_all := cardinality(v_fit) =
      coalesce(json_array_length(v_round.headers), 0) + coalesce(json_array_length(v_round.starts), 0);
    IF v_round.read IS NOT NULL THEN
      DELETE FROM @wfe_mail AS m USING json_to_recordset(v_round.read) AS t (run text, seq bigint)
      WHERE m.run = t.run AND m.seq <= t.seq AND (v_all OR t.run = ANY (v_fit));
    END IF;
    IF v_round.data IS NOT NULL THEN
      UPDATE @wfe_data AS d SET data = t.data FROM json_to_recordset(v_round.data) AS t (run text, data json)
      WHERE d.run = t.run AND (v_all OR t.run = ANY (v_fit));
    END IF;
    IF v_round.known IS NOT NULL THEN
      UPDATE @wfe_pointer AS p SET
        status = t.status, open = t.open, ord = t.ord, attempt = t.attempt, failures = t.failures, due_at = t.due_at,
        input = t.input, state = t.state, joining = t.joining, wait = t.wait, event = t.event, closing = t.closing,
        output = t.output, error = t.error, held = t.held, started_at = t.started_at, ended_at = t.ended_at
      FROM json_to_recordset(v_round.known) AS t (
        run text, id bigint, status text, open boolean, ord bigint, attempt bigint, failures bigint, due_at bigint,
        input json, state json, joining json, wait json, event json, closing json, output json, error json, held json,
        started_at bigint, ended_at bigint)
      WHERE p.run = t.run AND p.id = t.id AND (v_all OR t.run = ANY (v_fit));
    END IF;
    IF v_round.added IS NOT NULL THEN
      INSERT INTO @wfe_pointer (
        run, id, step_key, parent, branch, item, saga, undoes, status, open, ord, attempt, failures, due_at, input, state,
        joining, wait, event, closing, output, error, held, started_at, ended_at)
      SELECT
        t.run, t.id, t.step_key, t.parent, t.branch, t.item, t.saga, t.undoes, t.status, t.open, t.ord, t.attempt,
        t.failures, t.due_at, t.input, t.state, t.joining, t.wait, t.event, t.closing, t.output, t.error, t.held,
        t.started_at, t.ended_at
      FROM json_to_recordset(v_round.added) AS t (
        run text, id bigint, step_key text, parent bigint, branch bigint, item json, saga bigint, undoes bigint,
        status text, open boolean, ord bigint, attempt bigint, failures bigint, due_at bigint, input json, state json,
        joining json, wait json, event json, closing json, output json, error json, held json, started_at bigint,
        ended_at bigint)
      WHERE v_all OR t.run = ANY (v_fit);
    END IF;
    IF v_round.released IS NOT NULL THEN
      UPDATE @wfe_pointer AS p SET open = false
      FROM json_to_recordset(v_round.released) AS t (run text, id bigint)
      WHERE p.run = t.run AND p.id = t.id AND (v_all OR t.run = ANY (v_fit));
    END IF;
    FOR v_each IN
      SELECT * FROM json_to_recordset(v_round.folded) AS t (run text, parent bigint, branch bigint)
      WHERE v_all OR t.run = ANY (v_fit)
    LOOP
      PERFORM @wfe_fold(v_each.run, v_each.parent, v_each.branch);
    END LOOP;
    FOR v_each IN
      SELECT * FROM json_to_recordset(v_round.waits) AS t (run text, taken json, unsubscribed json, subscribed json)
      WHERE v_all OR t.run = ANY (v_fit)
    LOOP
      PERFORM @wfe_change_waits(v_each.run, v_each.taken, v_each.unsubscribed, v_each.subscribed, p_now);
    END LOOP;
    v_woken := '{}';
    FOR v_each IN
      SELECT * FROM json_to_recordset(v_round.published) AS t (
        run text, name text, key text, time bigint, message_id text, data json)
      WHERE v_all OR t.run = ANY (v_fit)
    LOOP
      SELECT * INTO v_sent FROM @wfe_add_event(
        v_each.name, v_each.key, v_each.time, v_each.message_id, v_each.data, p_now);
      IF v_sent.o_seq IS NOT NULL THEN v_woken := v_woken || json_build_array(v_each.run, v_sent.o_woken); END IF;
    END LOOP;
    IF v_round.events IS NOT NULL AND p_keeps THEN
      INSERT INTO @wfe_outbox (event)
      SELECT e.value FROM json_array_elements(v_round.events) WITH ORDINALITY AS e (value, number)
      WHERE (v_all OR e.value ->> 'runId' = ANY (v_fit)) AND EXISTS (SELECT 1 FROM @wfe_sink)
      ORDER BY e.number;
    END IF;
    RETURN NEXT json_build_object('kept', v_kept, 'made', v_new, 'woken', to_json(v_woken), 'changed',
      CASE WHEN v_round.waits IS NOT NULL OR v_round.published IS NOT NULL THEN (
        SELECT json_agg(json_build_array(i.id, i.inbox_seq, i.next_wake, i.owner)) FROM @wfe_instance AS i
        WHERE i.id = ANY (v_fit)) END);
  END LOOP;
END $$;
`;
