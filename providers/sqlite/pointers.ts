import type { Pointer } from "../../src/instance/instance.ts";
import type { BranchScope } from "../../src/instance/transition.ts";
import { withCarried } from "../../src/instance/carried.ts";
import type { Connection } from "./connection.ts";
import type { InstanceRow } from "./instance_rows.ts";
import { pointerFromRow, type PointerRow, selectPointer } from "./pointer_rows.ts";
import { effect, type Step } from "./write.ts";

const releasePointers = effect(`
  UPDATE wfe_pointer SET open = 0 WHERE run = ?1 AND id IN (SELECT value FROM json_each(?2))`);

/** Everything inside a branch, at any depth. UNION, not UNION ALL: the parts of a damaged file may form a circle. */
const inside = `
  WITH RECURSIVE inside (id, keeps) AS (
    SELECT id, open = 1 OR status = 'Failed' FROM wfe_pointer WHERE run = ?1 AND PARENT AND branch = ?2
    UNION
    SELECT p.id, p.open = 1 OR p.status = 'Failed' FROM inside CROSS JOIN wfe_pointer AS p
    WHERE p.run = ?1 AND p.parent = inside.id AND p.parent IS NOT NULL
  )`;

const foldBranch = effect(`
  ${inside.replace("PARENT", "parent = ?3 AND parent IS NOT NULL")}
  DELETE FROM wfe_pointer WHERE run = ?1 AND id IN (SELECT id FROM inside)
    AND NOT EXISTS (SELECT 1 FROM inside WHERE keeps)`);

/** No index has the activations at the top: a run as a whole is not folded in the course of things. */
const foldTop = effect(`
  ${inside.replace("PARENT", "parent IS NULL")}
  DELETE FROM wfe_pointer WHERE run = ?1 AND id IN (SELECT id FROM inside)
    AND NOT EXISTS (SELECT 1 FROM inside WHERE keeps)`);

/** Left to itself, SQLite would read the settled activations too. */
export const selectOpenPointers = `${selectPointer} INDEXED BY wfe_pointer_open
  WHERE run = ?1 AND open = 1 ORDER BY id`;

const selectCarried = "SELECT carried FROM wfe_instance WHERE id = ?1";

const selectPointers =
  `${selectPointer} WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) ORDER BY id`;

/** Left to itself, SQLite would read the run's activations in order, rather than sort those of the branch. */
const inBranch = `${selectPointer} INDEXED BY wfe_pointer_inside`;

const completed =
  `WHERE run = (SELECT key FROM wfe_instance WHERE id = ?1) AND step_key = ?2 AND status = 'Complete'`;

/**
 * A branch has few activations, which its index finds. At the top, and anywhere, the activations are read from the
 * newest back: an index of all completed ones would make every step a quarter slower.
 */
export const selectCompleted = {
  inBranch:
    `${inBranch} ${completed} AND parent = ?3 AND parent IS NOT NULL AND branch = ?4 ORDER BY id DESC LIMIT 1`,
  atTop: `${selectPointer} ${completed} AND parent IS NULL AND branch = ?3 ORDER BY id DESC LIMIT 1`,
  anywhere: `${selectPointer} ${completed} ORDER BY id DESC LIMIT 1`,
};

/** The guard's run needs these activations no more. */
export function release(ids: readonly number[]): Step {
  return [releasePointers, [JSON.stringify(ids)]];
}

/** Deletes a branch of the guard's run with all that is inside it, unless anything there failed or is open. */
export function fold({ parent, branch }: BranchScope): Step {
  return parent === null ? [foldTop, [branch]] : [foldBranch, [branch, parent]];
}

/** The activations that a run still needs, in a transaction that has read its header. */
export function openPointers(connection: Connection, { key, carried }: InstanceRow): Pointer[] {
  return withCarried(connection.all<PointerRow>(selectOpenPointers, key).map(pointerFromRow), carried);
}

/** All activations kept of a run, in a transaction, for the header has one of them. */
export function allPointers(connection: Connection, runId: string): Pointer[] {
  const row = connection.get<Pick<InstanceRow, "carried">>(selectCarried, runId);
  return withCarried(
    connection.all<PointerRow>(selectPointers, runId).map(pointerFromRow),
    row?.carried ?? null,
  );
}

/** The activation of a step that completed last in the first of `scopes` that has one, else anywhere. */
export function lastCompleted(
  connection: Connection,
  runId: string,
  stepKey: string,
  scopes: readonly BranchScope[],
): Pointer | null {
  const find = (sql: string, ...scope: number[]) => connection.get<PointerRow>(sql, runId, stepKey, ...scope);
  for (const { parent, branch } of scopes) {
    const row = parent === null
      ? find(selectCompleted.atTop, branch)
      : find(selectCompleted.inBranch, parent, branch);
    if (row) return pointerFromRow(row);
  }
  const row = find(selectCompleted.anywhere);
  return row ? pointerFromRow(row) : null;
}
