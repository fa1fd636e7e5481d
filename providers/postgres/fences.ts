import type { Transition } from "../../src/instance/transition.ts";
import { LeaseLostError, LockLostError } from "../../src/provider/errors.ts";
import type { Connection } from "./connection.ts";

const selectLost = `
  SELECT json_build_object('name', f.name, 'fence', f.fence, 'seen', l.fence)::text AS r
  FROM json_to_recordset($1::text::json) AS f (name text, fence bigint) CROSS JOIN LATERAL (
    SELECT fence FROM @wfe_lock WHERE name = f.name) AS l
  WHERE l.fence > f.fence LIMIT 1`;

/** Why a transition was refused: a lock of it that is lost, else its epoch or its sequence. */
export async function whyRefused(
  connection: Connection,
  { instance, epoch, fences }: Transition,
): Promise<Error> {
  const lost = await connection.get<{ readonly name: string; readonly fence: number; readonly seen: number }>(
    "look at locks",
    selectLost,
    JSON.stringify(fences),
  );
  return lost ? new LockLostError(lost.name, lost.fence, lost.seen) : new LeaseLostError(instance.id, epoch);
}
