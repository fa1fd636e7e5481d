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
import { fromJson } from "./json.ts";

/** What is told of an error in a column. */
const told = (error: string) =>
  ["type", "code", "message"].map((key) => `substr(${error} ->> '$.${key}', 1, ${longestText}) AS ${key}`);

/** Each run by its id, its activations by its key: SQLite keeps to the order of a CROSS JOIN. */
export const selectSummaries = `
  SELECT i.id, i.created_at, i.sequence, d.id AS definition_id, d.version, i.status, s.reference, s.attributes, i.reason,
    i.ended_at, i.carried,
    (SELECT json_group_array(DISTINCT p.step_key) FROM wfe_pointer AS p WHERE p.run = i.key) AS steps,
    (SELECT json_group_array(json_object('type', type, 'code', code, 'message', message) ORDER BY first) FROM (
      SELECT type, code, message, min(id) AS first FROM (
        SELECT 0 AS id, ${told("i.error")} WHERE i.error IS NOT NULL
        UNION ALL
        SELECT p.id, ${told("p.error")} FROM wfe_pointer AS p WHERE p.run = i.key AND p.error IS NOT NULL)
      GROUP BY type, code, message ORDER BY first LIMIT ${mostErrors})) AS errors
  FROM json_each(?1) AS asked
    CROSS JOIN wfe_instance AS i ON i.id = asked.value
    CROSS JOIN wfe_data AS s ON s.run = i.key
    CROSS JOIN wfe_definition AS d ON d.key = i.definition`;

interface SummaryRow {
  readonly id: string;
  readonly created_at: number;
  readonly sequence: number;
  readonly definition_id: string;
  readonly version: number;
  readonly status: WorkflowStatus;
  readonly reference: string | null;
  readonly attributes: string | null;
  readonly reason: string | null;
  readonly ended_at: number | null;
  readonly carried: string | null;
  readonly steps: string;
  readonly errors: string;
}

/** The summaries of runs, by id. */
export function readSummaries(connection: Connection, runIds: readonly string[]): Map<string, RunSummary> {
  const rows = connection.all<SummaryRow>(selectSummaries, JSON.stringify(runIds));
  return new Map(rows.map((row) => [row.id, summaryFromRow(row)]));
}

function summaryFromRow(row: SummaryRow): RunSummary {
  const steps: string[] = JSON.parse(row.steps);
  if (row.carried !== null) steps.push(carriedFromJson(row.carried).stepKey);
  const errors: readonly ToldFailure[] = JSON.parse(row.errors);
  const header = {
    id: row.id,
    createdAt: row.created_at,
    sequence: row.sequence,
    definitionId: row.definition_id,
    version: row.version,
    status: row.status,
    reference: row.reference,
    attributes: deepFreeze(fromJson<Attributes>(row.attributes) ?? noAttributes),
    reason: row.reason,
    endedAt: row.ended_at,
  };
  return runSummary(header, steps, errors);
}
