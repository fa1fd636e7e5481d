import type { Instance } from "../../src/instance/instance.ts";
import type { RunFilter } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";
import { instanceFromRow, type InstanceRow, selectInstance } from "./rows.ts";

/** A query whose text depends on what is asked, and its parameters. */
export interface Query {
  /** One of a few texts, so that compiled statements are reused. */
  readonly sql: string;
  /** What is bound, in the order of the numbers. */
  readonly parameters: readonly SqliteValue[];
}

/** In the order of the index `wfe_instance_due`, of which it reads no more than the limit. */
export const selectDue = `
  SELECT id FROM wfe_instance
  WHERE owner IS NULL AND next_wake IS NOT NULL AND next_wake <= ?1
  ORDER BY next_wake, key LIMIT ?2`;

/** By id, for a host that runs only what it was asked to. */
export const selectDueOf = `
  SELECT id FROM wfe_instance
  WHERE id IN (SELECT value FROM json_each(?3)) AND owner IS NULL AND next_wake IS NOT NULL AND next_wake <= ?1
  ORDER BY next_wake, key LIMIT ?2`;

/** The run with this id. */
export function findRun(connection: Connection, id: string): Instance | null {
  const row = connection.get<InstanceRow>(`${selectInstance} WHERE id = ?1`, id);
  return row ? instanceFromRow(row) : null;
}

/** The run that was started with this idempotency key. */
export function findRunByKey(connection: Connection, idempotencyKey: string): Instance | null {
  const row = connection.get<InstanceRow>(`${selectInstance} WHERE idempotency_key = ?1`, idempotencyKey);
  return row ? instanceFromRow(row) : null;
}

/** Ids of the runs that are due and have no owner, due first first. */
export function dueRuns(
  connection: Connection,
  now: number,
  limit: number,
  only?: readonly string[],
): string[] {
  const rows = only
    ? connection.all<{ readonly id: string }>(selectDueOf, now, limit, JSON.stringify(only))
    : connection.all<{ readonly id: string }>(selectDue, now, limit);
  return rows.map(({ id }) => id);
}

/** The earliest time at which a run can be taken from `owner`, who is dead from `deadAt` on; null is no owner. */
export function nextDueOf(
  connection: Connection,
  owner: string | null,
  deadAt: number,
  only?: readonly string[],
): number | null {
  const { sql, parameters } = nextWakeQuery(owner, only);
  const due = connection.get<{ readonly due: number | null }>(sql, ...parameters)?.due ?? null;
  return due === null ? null : Math.max(due, deadAt);
}

/** The query for the earliest due time of an owner's runs, or of those without one, and its parameters. */
export function nextWakeQuery(owner: string | null, only?: readonly string[]): Query {
  const parameters: SqliteValue[] = [];
  const bind = (value: SqliteValue): string => `?${parameters.push(value)}`;
  // No index serves `owner IS ?`.
  const whose = owner === null ? "owner IS NULL" : `owner = ${bind(owner)}`;
  const which = only ? `AND id IN (SELECT value FROM json_each(${bind(JSON.stringify(only))}))` : "";
  const sql =
    `SELECT min(next_wake) AS due FROM wfe_instance WHERE ${whose} AND next_wake IS NOT NULL ${which}`;
  return { sql, parameters };
}

/** A page of runs, newest first. */
export function listRuns(connection: Connection, filter: RunFilter): Instance[] {
  const { sql, parameters } = listQuery(filter);
  return connection.all<InstanceRow>(sql, ...parameters).map(instanceFromRow);
}

/** The query for a page of runs, and its parameters. */
export function listQuery(filter: RunFilter): Query {
  const { status, definitionId, idPrefix, after, limit } = filter;
  const conditions: string[] = [];
  const parameters: SqliteValue[] = [];
  const bind = (value: SqliteValue): string => `?${parameters.push(value)}`;
  if (status) conditions.push(`status IN (SELECT value FROM json_each(${bind(JSON.stringify(status))}))`);
  if (definitionId !== undefined) conditions.push(`definition_id = ${bind(definitionId)}`);
  // U+10FFFF is the largest character: nothing that begins with the prefix is beyond both.
  if (idPrefix !== undefined) {
    conditions.push(`id >= ${bind(idPrefix)} AND id < ${bind(`${idPrefix}\u{10FFFF}`)}`);
  }
  if (after) conditions.push(`(created_at, id) < (${bind(after.createdAt)}, ${bind(after.id)})`);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  return {
    sql: `${selectInstance} ${where} ORDER BY created_at DESC, id DESC LIMIT ${bind(limit)}`,
    parameters,
  };
}
