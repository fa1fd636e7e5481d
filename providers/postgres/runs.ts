import type { Instance } from "../../src/instance/instance.ts";
import type { Claimable, DefinitionContent, RunFilter } from "../../src/provider/persistence.ts";
import { type PostgresValue, whole } from "./client.ts";
import type { Connection } from "./connection.ts";
import { asJson, instanceFromRow, type InstanceRow, selectInstance } from "./instance_rows.ts";

/** A query whose text depends on what is asked, and its parameters. */
export interface Query {
  /** One of a few texts, so that prepared statements are reused. */
  readonly sql: string;
  /** What is bound, in the order of the numbers. */
  readonly parameters: PostgresValue[];
}

const selectById = asJson(`${selectInstance} WHERE i.id = $1`);
const selectByKey = asJson(`${selectInstance} WHERE i.idempotency_key = $1`);

const unparkRuns = `
  UPDATE @wfe_instance SET parked_reason = NULL, next_wake = $2::bigint
  WHERE parked_reason IS NOT NULL AND definition = (SELECT key FROM @wfe_definition WHERE hash = $1)`;

/** From one definition to the next in the index, however many runs of it are parked. */
export const selectParked: string = asJson(`
  WITH RECURSIVE parked (key) AS (
    SELECT min(definition) FROM @wfe_instance WHERE parked_reason IS NOT NULL
    UNION ALL
    SELECT (SELECT min(definition) FROM @wfe_instance WHERE parked_reason IS NOT NULL AND definition > parked.key)
    FROM parked WHERE parked.key IS NOT NULL
  )
  SELECT d.id AS "definitionId", d.version, d.hash AS "definitionHash"
  FROM parked JOIN @wfe_definition AS d ON d.key = parked.key`);

/** Each by its index. */
export const selectEpochs: string = asJson(
  "SELECT id, epoch FROM @wfe_instance WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))",
);

/** The run with this id. */
export async function findRun(connection: Connection, id: string): Promise<Instance | null> {
  const row = await connection.get<InstanceRow>(`read run ${id}`, selectById, id);
  return row ? instanceFromRow(row) : null;
}

/** The run that was started with this idempotency key. */
export async function findRunByKey(connection: Connection, idempotencyKey: string): Promise<Instance | null> {
  const row = await connection.get<InstanceRow>("read a run", selectByKey, idempotencyKey);
  return row ? instanceFromRow(row) : null;
}

/** The epochs of runs. */
export async function epochsOf(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await connection.all<{ readonly id: string; readonly epoch: number }>(
    "look after runs",
    selectEpochs,
    JSON.stringify(runIds),
  );
  return new Map(rows.map(({ id, epoch }) => [id, epoch]));
}

/** The contents of definitions of which runs are parked. */
export async function parkedContents(connection: Connection): Promise<DefinitionContent[]> {
  const rows = await connection.all<DefinitionContent>("look for parked runs", selectParked);
  return rows.map((row) => Object.freeze(row));
}

/** Makes the parked runs of a definition's content due. */
export async function unparkRunsOf(
  connection: Connection,
  definitionHash: string,
  now: number,
): Promise<void> {
  await connection.all("unpark runs", unparkRuns, definitionHash, now);
}

/** The earliest time at which a run may be claimed. */
export async function nextDueOf(connection: Connection, which: Partial<Claimable>): Promise<number | null> {
  const { sql, parameters } = nextDueQuery(which);
  return (await connection.get<number | null>("find the next due run", sql, ...parameters))!;
}

/** The query for that: of the runs without an owner, and of each host's, the first of an index. */
export function nextDueQuery(which: Partial<Claimable>): Query {
  const parameters: PostgresValue[] = [...claimableValues(which)];
  let claimable = `
    next_wake IS NOT NULL AND crashes BETWEEN $1::bigint AND $2::bigint
    AND definition <> ALL (ARRAY(
      SELECT key FROM @wfe_definition WHERE hash IN (SELECT json_array_elements_text($3::text::json))))`;
  if (which.only) {
    parameters.push(JSON.stringify(which.only));
    claimable += " AND id = ANY (ARRAY(SELECT json_array_elements_text($4::text::json)))";
  }
  const sql = `
    SELECT to_json(min(at))::text AS r FROM (
      (SELECT next_wake AS at FROM @wfe_instance WHERE owner IS NULL AND ${claimable} ORDER BY next_wake LIMIT 1)
      UNION ALL
      SELECT greatest(first.next_wake, h.expires_at) FROM @wfe_host AS h CROSS JOIN LATERAL (
        SELECT next_wake FROM @wfe_instance WHERE owner = h.incarnation AND ${claimable}
        ORDER BY next_wake LIMIT 1) AS first) AS times`;
  return { sql, parameters };
}

/** A page of runs, newest first. */
export async function listRuns(connection: Connection, filter: RunFilter): Promise<Instance[]> {
  const { sql, parameters } = listQuery(filter);
  return (await connection.all<InstanceRow>("list runs", sql, ...parameters)).map(instanceFromRow);
}

/** The query for a page of runs, and its parameters. */
export function listQuery(filter: RunFilter): Query {
  const { status, definitionId, idPrefix, reference, createdFrom, createdBefore, after, limit } = filter;
  const conditions: string[] = [];
  const parameters: PostgresValue[] = [];
  const bind = (value: PostgresValue, type: string): string => `$${parameters.push(value)}::${type}`;
  if (status) {
    conditions.push(
      `i.status IN (SELECT json_array_elements_text(${bind(JSON.stringify(status), "text")}::json))`,
    );
  }
  if (definitionId !== undefined) conditions.push(`d.id = ${bind(definitionId, "text")}`);
  // U+10FFFF is the largest character: nothing that begins with the prefix is beyond both.
  if (idPrefix !== undefined) {
    conditions.push(`i.id >= ${bind(idPrefix, "text")} AND i.id < ${bind(`${idPrefix}\u{10FFFF}`, "text")}`);
  }
  if (reference !== undefined) {
    conditions.push(
      `i.id = ANY (ARRAY(SELECT run FROM @wfe_data WHERE reference = ${bind(reference, "text")}))`,
    );
  }
  if (createdFrom !== undefined) conditions.push(`i.created_at >= ${bind(createdFrom, "bigint")}`);
  if (createdBefore !== undefined) conditions.push(`i.created_at < ${bind(createdBefore, "bigint")}`);
  if (after) {
    conditions.push(
      `(i.created_at, i.id || '') < (${bind(after.createdAt, "bigint")}, ${bind(after.id, "text")})`,
    );
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  return {
    sql: asJson(`
      ${selectInstance} ${where} ORDER BY i.created_at DESC, i.id || '' DESC LIMIT ${
      bind(whole(limit), "bigint")
    }`),
    parameters,
  };
}

/** What a host may claim, as parameters: bounds of crashes, and the definitions that it has no code for. */
export function claimableValues(
  { except = [], crashes }: Partial<Claimable>,
): [from: number, to: number, except: string] {
  const { from, to } = crashes ?? { from: 0, to: Infinity };
  return [whole(from), whole(to), JSON.stringify(except)];
}
