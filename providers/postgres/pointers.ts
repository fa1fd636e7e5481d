import type { Pointer } from "../../src/instance/instance.ts";
import type { BranchScope } from "../../src/instance/transition.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";
import { pointerFromRow, type PointerRow, pointersFromRows } from "./pointer_rows.ts";

/** One statement, so that the header and the rest are of one moment. */
const selectPointers = asJson(`
  SELECT i.carried, (SELECT json_agg(row_to_json(p) ORDER BY p.id) FROM @wfe_pointer AS p WHERE p.run = i.id) AS pointers
  FROM @wfe_instance AS i WHERE i.id = $1`);

const completed =
  "SELECT row_to_json(p)::text AS r FROM @wfe_pointer AS p WHERE run = $1 AND step_key = $2 AND status = 'Complete'";

/**
 * A branch has few activations, which its index finds: no index is in the order that is asked for. At the top, and
 * anywhere, the activations are read from the newest back.
 */
export const selectCompleted = {
  inBranch: `${completed} AND parent = $3::bigint AND branch = $4::bigint ORDER BY id + 0 DESC LIMIT 1`,
  atTop: `${completed} AND parent IS NULL AND branch = $3::bigint ORDER BY id DESC LIMIT 1`,
  anywhere: `${completed} ORDER BY id DESC LIMIT 1`,
};

/** All activations kept of a run. */
export async function allPointers(connection: Connection, runId: string): Promise<Pointer[]> {
  const row = await connection.get<
    { readonly carried: string | null; readonly pointers: readonly PointerRow[] | null }
  >(`read run ${runId}`, selectPointers, runId);
  return row ? pointersFromRows(row.pointers ?? [], row.carried) : [];
}

/** The activation of a step that completed last in the first of `scopes` that has one, else anywhere. */
export async function lastCompleted(
  connection: Connection,
  runId: string,
  stepKey: string,
  scopes: readonly BranchScope[],
): Promise<Pointer | null> {
  const find = (sql: string, ...scope: number[]) =>
    connection.get<PointerRow>(`read run ${runId}`, sql, runId, stepKey, ...scope);
  for (const { parent, branch } of scopes) {
    const row = parent === null
      ? await find(selectCompleted.atTop, branch)
      : await find(selectCompleted.inBranch, parent, branch);
    if (row) return pointerFromRow(row);
  }
  const row = await find(selectCompleted.anywhere);
  return row ? pointerFromRow(row) : null;
}
