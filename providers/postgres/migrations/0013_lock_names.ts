import { lookups } from "./0012_lookups.ts";
import { amended } from "./amended.ts";

/**
 * What the lock of an activation was called, where that was computed: its undo takes the same. A function that is replaced
 * loses its settings.
 *
 * Append-only: published once, never edited.
 */
export const lockNames: string = `
ALTER TABLE @wfe_pointer ADD COLUMN lock_name text;

${
  amended(lookups, "wfe_write", [
    [
      "output = t.output, error = t.error, held = t.held, started_at",
      "output = t.output, error = t.error, held = t.held, lock_name = t.lock_name, started_at",
    ],
    [
      "error json, held json,\n        started_at bigint, ended_at bigint)\n      WHERE p.run",
      "error json, held json,\n        lock_name text, started_at bigint, ended_at bigint)\n      WHERE p.run",
    ],
    [
      "output, error, held, started_at, ended_at)\n      SELECT",
      "output, error, held, lock_name, started_at, ended_at)\n      SELECT",
    ],
    ["t.error, t.held,\n        t.started_at", "t.error, t.held,\n        t.lock_name, t.started_at"],
    [
      "held json, started_at bigint,\n        ended_at bigint)\n      WHERE v_all",
      "held json, lock_name text, started_at bigint,\n        ended_at bigint)\n      WHERE v_all",
    ],
  ])
}
ALTER FUNCTION @wfe_write(json, json, bigint, boolean, boolean) SET jit = off SET enable_bitmapscan = off;
`;
