import { indexed } from "./indexed.ts";

/**
 * The tables of the other roles, and writing under locks.
 *
 * - `wfe_lock`: who has a lock, if anybody, and the greatest fence of it that was given, or seen in a commit. Fences are
 *   microseconds, so those of the past are found by them.
 * - `wfe_hint`: that a run may be due. No foreign key: a hint may be wrong.
 * - `wfe_feed`: the last lifecycle events, numbered by sink.
 * - `wfe_write_under_locks` writes a group of which some transitions came about under locks, or nothing of it where one of
 *   these is lost (`WFE03`). Advisory locks of the names come first, for a lock may have no row yet; that of a row keeps
 *   the lock from being given to another before the group is written.
 *
 * Append-only: published once, never edited.
 */
export const roles: string = `
CREATE TABLE @wfe_lock (
  name       text COLLATE "C" PRIMARY KEY,
  fence      bigint NOT NULL,
  token      text,
  expires_at bigint,
  CHECK ((token IS NULL) = (expires_at IS NULL))
) WITH (fillfactor = 50);

CREATE INDEX wfe_lock_fence ON @wfe_lock (fence);

CREATE TABLE @wfe_hint (
  seq        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  run        text COLLATE "C" NOT NULL,
  visible_at bigint NOT NULL
);

CREATE INDEX wfe_hint_visible ON @wfe_hint (visible_at, seq);

CREATE TABLE @wfe_feed (
  sink  text COLLATE "C" NOT NULL,
  seq   bigint NOT NULL,
  event json NOT NULL,
  PRIMARY KEY (sink, seq)
);

CREATE FUNCTION @wfe_write_under_locks(
  p_fences json, p_rounds json, p_locks json, p_now bigint, p_keeps boolean, p_try boolean)
RETURNS SETOF json LANGUAGE plpgsql ${indexed} AS $$
DECLARE
  v_each record;
  v_row json;
  v_fit text[] := '{}';
BEGIN
  FOR v_each IN SELECT DISTINCT name FROM json_to_recordset(p_fences) AS f (name text) ORDER BY name LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('@wfe_lock ' || v_each.name, 0));
  END LOOP;
  FOR v_each IN
    SELECT l.fence > f.fence AS lost
    FROM (
      SELECT name, min(fence) AS fence FROM json_to_recordset(p_fences) AS f (name text, fence bigint) GROUP BY name
    ) AS f CROSS JOIN LATERAL (SELECT fence FROM @wfe_lock WHERE name = f.name FOR UPDATE) AS l
    ORDER BY f.name
  LOOP
    IF v_each.lost THEN RAISE EXCEPTION 'a lock is lost' USING ERRCODE = 'WFE03'; END IF;
  END LOOP;
  FOR v_row IN SELECT w FROM @wfe_write(p_rounds, p_locks, p_now, p_keeps, p_try) AS w LOOP
    v_fit := v_fit || ARRAY(SELECT k ->> 0 FROM json_array_elements(CASE json_typeof(v_row -> 'kept')
      WHEN 'array' THEN v_row -> 'kept' ELSE '[]' END) AS k);
    RETURN NEXT v_row;
  END LOOP;
  INSERT INTO @wfe_lock AS l (name, fence)
  SELECT name, max(fence) FROM json_to_recordset(p_fences) AS f (run text, name text, fence bigint)
  WHERE run = ANY (v_fit) GROUP BY name ORDER BY name
  ON CONFLICT (name) DO UPDATE SET fence = greatest(l.fence, excluded.fence);
END $$;
`;
