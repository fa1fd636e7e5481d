import { hints } from "./0009_hints.ts";
import { amended } from "./amended.ts";

/**
 * Events that can be seen before they are flushed: without `p_flush`, who publishes is not told before the same connection
 * has flushed something behind it, and what others make of it is flushed behind it as well.
 *
 * Append-only: published once, never edited.
 */
export const flushing: string = `
DROP FUNCTION @wfe_publish(json, json, bigint);

${
  amended(hints, "wfe_publish", [
    ["p_now bigint) RETURNS", "p_now bigint, p_flush boolean) RETURNS"],
    [
      "BEGIN\n  PERFORM @wfe_lock_events",
      "BEGIN\n  IF NOT p_flush THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;\n" +
      "  PERFORM @wfe_lock_events",
    ],
  ])
}`;
