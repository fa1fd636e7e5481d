import type { Instance } from "../../src/instance/instance.ts";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import { PointerTable } from "../../src/instance/pointer_table.ts";
import type { Claimable, DefinitionContent, RunFilter } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";
import { instanceFromRow, type InstanceRow, selectInstance, selectInstanceByData } from "./instance_rows.ts";
import { openPointers } from "./pointers.ts";
import { effect, unguarded, type Write } from "./write.ts";

/** A query whose text depends on what is asked, and its parameters. */
export interface Query {
  /** One of a few texts, so that compiled statements are reused. */
  readonly sql: string;
  /** What is bound, in the order of the numbers. */
  readonly parameters: readonly SqliteValue[];
}

/** What a host may claim; of the definitions that it has no code for, a list of hashes. */
const claimable = `
  crashes BETWEEN ?1 AND ?2
  AND (?3 IS NULL OR definition NOT IN (
    SELECT key FROM wfe_definition WHERE hash IN (SELECT value FROM json_each(?3))))`;

const due = `
  owner IS NULL AND next_wake IS NOT NULL AND next_wake <= ?4 AND ${claimable}
  ORDER BY next_wake, key LIMIT ?5 + 0`;

/** In the order of the index `wfe_instance_due`, of which it reads no more than the limit and what it passes over. */
export const selectDue = `SELECT id FROM wfe_instance WHERE ${due}`;

/** By id, for a host that runs only what it was asked to. */
export const selectDueOf = `
  SELECT id FROM wfe_instance WHERE id IN (SELECT value FROM json_each(?6)) AND ${due}`;

const unparkRuns = effect(`
  UPDATE wfe_instance SET parked_reason = NULL, next_wake = ?2
  WHERE parked_reason IS NOT NULL AND definition = (SELECT key FROM wfe_definition WHERE hash = ?1)`);

/** From one definition to the next in the index, however many runs of it are parked. */
export const selectParked = `
  WITH RECURSIVE parked (key) AS (
    SELECT min(definition) FROM wfe_instance WHERE parked_reason IS NOT NULL AND definition > 0
    UNION ALL
    SELECT (
      SELECT min(definition) FROM wfe_instance WHERE parked_reason IS NOT NULL AND definition > parked.key)
    FROM parked WHERE parked.key IS NOT NULL
  )
  SELECT d.id AS definitionId, d.version, d.hash AS definitionHash
  FROM parked CROSS JOIN wfe_definition AS d ON d.key = parked.key`;

/** The run with this id. */
export function findRun(connection: Connection, id: string): Instance | null {
  const row = connection.get<InstanceRow>(`${selectInstance} WHERE i.id = ?1`, id);
  return row ? instanceFromRow(row) : null;
}

/** The run that was started with this idempotency key. */
export function findRunByKey(connection: Connection, idempotencyKey: string): Instance | null {
  const row = connection.get<InstanceRow>(
    `${selectInstanceByData} WHERE s.idempotency_key = ?1`,
    idempotencyKey,
  );
  return row ? instanceFromRow(row) : null;
}

/** A run with the activations that it still needs. */
export function loadState(connection: Connection, runId: string): InstanceState | null {
  const row = connection.get<InstanceRow>(`${selectInstance} WHERE i.id = ?1`, runId);
  if (!row) return null;
  return {
    instance: instanceFromRow(row),
    pointers: PointerTable.of(openPointers(connection, row)),
    cursors: new Map(),
  };
}

/** Ids of the runs that a claim may take, due first first. */
export function dueRuns(
  connection: Connection,
  request: Claimable & { readonly limit: number },
  now: number,
): string[] {
  const { only, limit } = request;
  const parameters = [...claimableValues(request), now, limit];
  const rows = only
    ? connection.all<{ readonly id: string }>(selectDueOf, ...parameters, JSON.stringify(only))
    : connection.all<{ readonly id: string }>(selectDue, ...parameters);
  return rows.map(({ id }) => id);
}

/** Each by its index. */
export const selectEpochs =
  "SELECT i.id, i.epoch FROM json_each(?1) AS asked CROSS JOIN wfe_instance AS i ON i.id = asked.value";

/** The epochs of runs. */
export function epochsOf(connection: Connection, runIds: readonly string[]): Map<string, number> {
  const rows = connection.all<{ readonly id: string; readonly epoch: number }>(
    selectEpochs,
    JSON.stringify(runIds),
  );
  return new Map(rows.map(({ id, epoch }) => [id, epoch]));
}

/** The contents of definitions of which runs are parked. */
export function parkedContents(connection: Connection): DefinitionContent[] {
  return connection.all<DefinitionContent>(selectParked).map((row) => Object.freeze({ ...row }));
}

/** Makes the parked runs of a definition's content due. */
export function unparkRunsOf(definitionHash: string, now: number): Write {
  return unguarded([unparkRuns, [definitionHash, now]]);
}

/** The earliest time at which a run can be taken from `owner`, who is dead from `deadAt` on; null is no owner. */
export function nextDueOf(
  connection: Connection,
  owner: string | null,
  deadAt: number,
  which: Partial<Claimable>,
): number | null {
  const { sql, parameters } = nextWakeQuery(owner, which);
  const due = connection.get<{ readonly next_wake: number }>(sql, ...parameters)?.next_wake ?? null;
  return due === null ? null : Math.max(due, deadAt);
}

/** The query for the earliest due time of an owner's runs, or of those without one, and its parameters. */
export function nextWakeQuery(owner: string | null, which: Partial<Claimable>): Query {
  const parameters: SqliteValue[] = [...claimableValues(which)];
  const bind = (value: SqliteValue): string => `?${parameters.push(value)}`;
  // No index serves `owner IS ?`.
  const whose = owner === null ? "owner IS NULL" : `owner = ${bind(owner)}`;
  const named = which.only
    ? `AND id IN (SELECT value FROM json_each(${bind(JSON.stringify(which.only))}))`
    : "";
  const sql = `
    SELECT next_wake FROM wfe_instance WHERE ${whose} AND next_wake IS NOT NULL AND ${claimable} ${named}
    ORDER BY next_wake LIMIT 1`;
  return { sql, parameters };
}

/** A page of runs, newest first. */
export function listRuns(connection: Connection, filter: RunFilter): Instance[] {
  const { sql, parameters } = listQuery(filter);
  return connection.all<InstanceRow>(sql, ...parameters).map(instanceFromRow);
}

/** The query for a page of runs, and its parameters. */
export function listQuery(filter: RunFilter): Query {
  const { status, definitionId, idPrefix, reference, createdFrom, createdBefore, after, limit } = filter;
  const conditions: string[] = [];
  const parameters: SqliteValue[] = [];
  const bind = (value: SqliteValue): string => `?${parameters.push(value)}`;
  if (status) conditions.push(`i.status IN (SELECT value FROM json_each(${bind(JSON.stringify(status))}))`);
  if (definitionId !== undefined) conditions.push(`d.id = ${bind(definitionId)}`);
  // U+10FFFF is the largest character: nothing that begins with the prefix is beyond both.
  if (idPrefix !== undefined) {
    conditions.push(`i.id >= ${bind(idPrefix)} AND i.id < ${bind(`${idPrefix}\u{10FFFF}`)}`);
  }
  if (reference !== undefined) conditions.push(`s.reference = ${bind(reference)}`);
  if (createdFrom !== undefined) conditions.push(`i.created_at >= ${bind(createdFrom)}`);
  if (createdBefore !== undefined) conditions.push(`i.created_at < ${bind(createdBefore)}`);
  if (after) conditions.push(`(i.created_at, i.id) < (${bind(after.createdAt)}, ${bind(after.id)})`);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const select = reference === undefined ? selectInstance : selectInstanceByData;
  return {
    sql: `${select} ${where} ORDER BY i.created_at DESC, i.id DESC LIMIT ${bind(limit)} + 0`,
    parameters,
  };
}

function claimableValues({ except = [], crashes }: Partial<Claimable>): SqliteValue[] {
  const { from, to } = crashes ?? { from: 0, to: Number.MAX_SAFE_INTEGER };
  return [from, to, except.length > 0 ? JSON.stringify(except) : null];
}
