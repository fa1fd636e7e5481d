import { indexed } from "./indexed.ts";

/**
 * What hosts read in order to write: under locks, and with what others have committed until these were had, so each is
 * a function, whose statements see more than its caller's.
 *
 * - `wfe_state`: a run with the activations that it still needs and the mail that it has not read.
 * - `wfe_pick`: locks due runs that nobody else has locked, due first first, and gives their states. The locks of
 *   events and the outbox come before those of rows, as everywhere (see the writing functions).
 * - `wfe_load`: locks one run and gives its state.
 * - `wfe_remove_hosts`: takes out a host, or all whose heartbeat is over: what they own is free, by the foreign key.
 * - `wfe_open_sink`, `wfe_read_outbox`: lock the outbox alone, until every writer that had begun is done. A sink that nobody has the
 *   right to feed says in `leased_until` when it was last used.
 *
 * Append-only: published once, never edited.
 */
export const claiming: string = `
CREATE FUNCTION @wfe_state(p_id text) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT row_to_json(r) FROM (
    SELECT i.id, d.id AS definition_id, d.version, d.hash AS definition_hash, i.status, s.data, s.input_hash, s.vars,
      s.reference, i.idempotency_key, s.traceparent, i.attempt, i.epoch, i.owner, i.sequence, i.next_wake, i.inbox_seq,
      i.inbox_read, i.next_pointer, i.carried, i.crashes, i.forks, i.ending, i.reason, i.parked_reason, i.error,
      i.created_at, i.ended_at,
      (SELECT json_agg(row_to_json(p) ORDER BY p.id) FROM @wfe_pointer AS p WHERE p.run = i.id AND p.open) AS pointers,
      CASE WHEN i.inbox_seq > i.inbox_read THEN (
        SELECT json_agg(row_to_json(q) ORDER BY q.seq) FROM (
          SELECT m.seq, m.kind, m.reason, m.event, e.name, e.key, e.data, e.time, coalesce(c.seq, 0) AS cursor
          FROM @wfe_mail AS m
            LEFT JOIN @wfe_event AS e ON e.seq = m.event
            LEFT JOIN @wfe_cursor AS c ON c.run = m.run AND c.name = e.name AND c.key = e.key
          WHERE m.run = i.id AND m.seq > i.inbox_read) AS q) END AS mail
    FROM @wfe_instance AS i JOIN @wfe_data AS s ON s.run = i.id JOIN @wfe_definition AS d ON d.key = i.definition
    WHERE i.id = p_id) AS r);
END $$;

CREATE FUNCTION @wfe_pick(
  p_host text, p_from bigint, p_to bigint, p_except json, p_only json, p_limit bigint, p_locks json, p_now bigint)
RETURNS SETOF json LANGUAGE plpgsql ${indexed} SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  v_ids text[];
  v_except integer[] := ARRAY(
    SELECT key FROM @wfe_definition WHERE hash = ANY (ARRAY(SELECT json_array_elements_text(p_except))));
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('@wfe_outbox', 0));
  IF p_locks IS NOT NULL THEN PERFORM @wfe_lock_events(p_locks, false); END IF;
  IF NOT EXISTS (SELECT 1 FROM @wfe_host WHERE incarnation = p_host AND expires_at > p_now) THEN RETURN; END IF;
  IF p_only IS NULL THEN
    SELECT array_agg(id) INTO v_ids FROM (
      SELECT id FROM @wfe_instance
      WHERE owner IS NULL AND next_wake IS NOT NULL AND next_wake <= p_now AND crashes BETWEEN p_from AND p_to
        AND definition <> ALL (v_except)
      ORDER BY next_wake, created_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) AS due;
  ELSE
    SELECT array_agg(id) INTO v_ids FROM (
      SELECT id FROM @wfe_instance
      WHERE id = ANY (ARRAY(SELECT json_array_elements_text(p_only)))
        AND owner IS NULL AND next_wake IS NOT NULL AND next_wake <= p_now AND crashes BETWEEN p_from AND p_to
        AND definition <> ALL (v_except)
      ORDER BY next_wake, created_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) AS due;
  END IF;
  FOR v_place IN 1 .. coalesce(cardinality(v_ids), 0) LOOP
    RETURN NEXT @wfe_state(v_ids[v_place]);
  END LOOP;
END $$;

CREATE FUNCTION @wfe_load(p_id text, p_locks json) RETURNS json LANGUAGE plpgsql ${indexed} AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('@wfe_outbox', 0));
  IF p_locks IS NOT NULL THEN PERFORM @wfe_lock_events(p_locks, false); END IF;
  PERFORM 1 FROM @wfe_instance WHERE id = p_id FOR NO KEY UPDATE;
  RETURN @wfe_state(p_id);
END $$;

CREATE FUNCTION @wfe_remove_hosts(p_host text, p_now bigint) RETURNS bigint LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_gone text[] := ARRAY(
    SELECT incarnation FROM @wfe_host WHERE CASE WHEN p_host IS NULL THEN expires_at <= p_now ELSE incarnation = p_host END);
  v_count bigint;
BEGIN
  IF cardinality(v_gone) = 0 THEN RETURN 0; END IF;
  PERFORM 1 FROM @wfe_instance WHERE owner = ANY (v_gone) ORDER BY id FOR NO KEY UPDATE;
  DELETE FROM @wfe_host WHERE incarnation = ANY (v_gone) AND (p_host IS NOT NULL OR expires_at <= p_now);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE FUNCTION @wfe_open_sink(p_name text, p_now bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('@wfe_outbox', 0));
  INSERT INTO @wfe_sink AS s (name, position, leased_until)
  SELECT p_name, CASE WHEN is_called THEN last_value ELSE 0 END, p_now FROM @wfe_outbox_seq_seq
  ON CONFLICT (name) DO UPDATE SET leased_until = greatest(s.leased_until, excluded.leased_until);
END $$;

CREATE FUNCTION @wfe_read_outbox(p_sink text, p_limit bigint) RETURNS SETOF json LANGUAGE plpgsql AS $$
DECLARE
  v_position bigint := (SELECT position FROM @wfe_sink WHERE name = p_sink);
BEGIN
  IF NOT EXISTS (SELECT 1 FROM @wfe_outbox WHERE seq > v_position) THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('@wfe_outbox', 0));
  RETURN QUERY
    SELECT json_build_object('seq', o.seq, 'event', o.event) FROM @wfe_outbox AS o
    WHERE o.seq > v_position ORDER BY o.seq LIMIT p_limit;
END $$;
`;
