import { claiming } from "./0004_claiming.ts";
import { dirtyRuns } from "./0006_dirty_runs.ts";
import { amended } from "./amended.ts";

/**
 * What a run is found by, given at its start and changed by steps. With what seldom changes, for few runs have any.
 *
 * Append-only: published once, never edited.
 */
export const attributes: string = `
ALTER TABLE @wfe_data ADD COLUMN attributes json;

${
  amended(dirtyRuns, "wfe_write", [
    ["published json, events json)", "published json, events json, attributes json)"],
    [
      "(run, data, vars, input_hash, reference, traceparent)\n      SELECT t.id, t.data, t.vars, t.input_hash, t.reference, t.traceparent\n",
      "(run, data, vars, input_hash, reference, traceparent, attributes)\n      SELECT t.id, t.data, t.vars, t.input_hash, t.reference, t.traceparent, t.attributes\n",
    ],
    ["reference text, traceparent text)", "reference text, traceparent text, attributes json)"],
    [
      "    IF v_round.known IS NOT NULL THEN\n",
      `    IF v_round.attributes IS NOT NULL THEN
      UPDATE @wfe_data AS d SET attributes = t.attributes
      FROM json_to_recordset(v_round.attributes) AS t (run text, attributes json)
      WHERE d.run = t.run AND (v_all OR t.run = ANY (v_fit));
    END IF;
    IF v_round.known IS NOT NULL THEN
`,
    ],
  ])
}
${
  amended(claiming, "wfe_state", [
    ["s.input_hash, s.vars,\n", "s.input_hash, s.vars, s.attributes,\n"],
  ])
}`;
