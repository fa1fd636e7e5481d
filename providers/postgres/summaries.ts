import { type Attributes, noAttributes } from "../../src/definition/attributes.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import { carriedFromJson } from "../../src/instance/carried.ts";
import {
  longestText,
  mostErrors,
  type RunSummary,
  runSummary,
  type ToldFailure,
} from "../../src/instance/run_summary.ts";
import type { WorkflowStatus } from "../../src/instance/status.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";

/** What is told of an error. */
const told = ["type", "code", "message"].map((key) => `left(error ->> '${key}', ${longestText}) AS ${key}`);

const asked = "ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))";

/** What there is of all runs together is looked up by their keys, and what is joined can only be looked up. */
export const selectSummaries: string = asJson(`
  WITH
    i AS MATERIALIZED (
      SELECT id, definition, created_at, sequence, status, reason, ended_at, carried, ${told}
      FROM @wfe_instance WHERE id = ${asked}),
    steps AS MATERIALIZED (
      SELECT run, json_agg(step_key) AS keys
      FROM (SELECT DISTINCT run, step_key FROM @wfe_pointer WHERE run = ${asked}) AS p GROUP BY run),
    different AS MATERIALIZED (
      SELECT run, type, code, message, min(place) AS first,
        row_number() OVER (PARTITION BY run ORDER BY min(place)) AS number
      FROM (
        SELECT id AS run, 0 AS place, type, code, message FROM i WHERE type IS NOT NULL
        UNION ALL
        SELECT run, id, ${told} FROM @wfe_pointer WHERE run = ${asked} AND error IS NOT NULL) AS e
      GROUP BY run, type, code, message),
    errors AS MATERIALIZED (
      SELECT run, json_agg(json_build_object('type', type, 'code', code, 'message', message) ORDER BY first) AS list
      FROM different WHERE number <= ${mostErrors} GROUP BY run)
  SELECT i.id, i.created_at, i.sequence, d.id AS definition_id, d.version, i.status, s.reference, s.attributes, i.reason,
    i.ended_at, i.carried, steps.keys AS steps, errors.list AS errors
  FROM i JOIN @wfe_data AS s ON s.run = ANY (ARRAY[i.id]) JOIN @wfe_definition AS d ON d.key = ANY (ARRAY[i.definition])
    LEFT JOIN steps ON steps.run = i.id LEFT JOIN errors ON errors.run = i.id`);

interface SummaryRow {
  readonly id: string;
  readonly created_at: number;
  readonly sequence: number;
  readonly definition_id: string;
  readonly version: number;
  readonly status: WorkflowStatus;
  readonly reference: string | null;
  readonly attributes: Attributes | null;
  readonly reason: string | null;
  readonly ended_at: number | null;
  readonly carried: string | null;
  readonly steps: readonly string[] | null;
  readonly errors: readonly ToldFailure[] | null;
}

/** The summaries of runs, by id. */
export async function readSummaries(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, RunSummary>> {
  const rows = await connection.all<SummaryRow>("read runs", selectSummaries, JSON.stringify(runIds));
  return new Map(rows.map((row) => [row.id, summaryFromRow(row)]));
}

function summaryFromRow({ carried, steps, errors, ...row }: SummaryRow): RunSummary {
  const header = {
    id: row.id,
    createdAt: row.created_at,
    sequence: row.sequence,
    definitionId: row.definition_id,
    version: row.version,
    status: row.status,
    reference: row.reference,
    attributes: deepFreeze(row.attributes ?? noAttributes),
    reason: row.reason,
    endedAt: row.ended_at,
  };
  const stepKeys = [...steps ?? [], ...carried === null ? [] : [carriedFromJson(carried).stepKey]];
  return runSummary(header, stepKeys, errors ?? []);
}
