import { roles } from "./0005_roles.ts";
import { amended } from "./amended.ts";

/**
 * `wfe_write_under_locks` locks rows of `wfe_lock` alone: advisory locks take room in the server's memory, of which there
 * is enough for some thousand names. A lock that has no row yet gets one, whose fence is less than any other.
 *
 * Append-only: published once, never edited.
 */
export const fences: string = amended(roles, "wfe_write_under_locks", [
  [
    `  FOR v_each IN SELECT DISTINCT name FROM json_to_recordset(p_fences) AS f (name text) ORDER BY name LOOP
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
`,
    `  INSERT INTO @wfe_lock AS l (name, fence)
  SELECT DISTINCT name, 0 FROM json_to_recordset(p_fences) AS f (name text) ORDER BY name
  ON CONFLICT (name) DO UPDATE SET fence = l.fence;
  IF EXISTS (
    SELECT 1 FROM json_to_recordset(p_fences) AS f (name text, fence bigint)
      CROSS JOIN LATERAL (SELECT fence FROM @wfe_lock WHERE name = f.name) AS l
    WHERE l.fence > f.fence)
  THEN
    RAISE EXCEPTION 'a lock is lost' USING ERRCODE = 'WFE03';
  END IF;
`,
  ],
  ["  v_each record;\n", ""],
  [
    "ON CONFLICT (name) DO UPDATE SET fence = greatest(l.fence, excluded.fence);",
    "ON CONFLICT (name) DO UPDATE SET fence = excluded.fence WHERE l.fence < excluded.fence;",
  ],
]);
