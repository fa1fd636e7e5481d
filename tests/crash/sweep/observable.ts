import type { Pointer } from "../../../src/instance/instance.ts";
import type { RunRecord } from "../evidence/evidence.ts";

/**
 * What of a run must be the same whatever has crashed: how it ended, and which activations came to what, by their place;
 * not how often they were tried, nor in which order those of several branches went on.
 */
export function observable({ instance, pointers, plan }: RunRecord): string[] {
  const byId = new Map(pointers.map((pointer) => [pointer.id, pointer]));
  const { status, attempt, data, error } = instance;
  const lines = pointers.map((pointer) => {
    const { undoes, status, output } = pointer;
    const what = undoes === null ? placeOf(pointer, byId) : `undo of ${placeOf(byId.get(undoes)!, byId)}`;
    return `${what}: ${status} ${JSON.stringify(withoutExecutions(output))}`;
  });
  const kept = JSON.stringify({ ...data, key: plan.data.key });
  return [`${status}, attempt ${attempt}, ${error?.message ?? "no error"}, ${kept}`, ...lines.sort()];
}

function placeOf({ stepKey, parent, branch }: Pointer, byId: ReadonlyMap<number, Pointer>): string {
  const around = parent === null ? undefined : byId.get(parent);
  return `${around ? `${placeOf(around, byId)} / ` : ""}${branch} ${stepKey}`;
}

/** Which execution gave a result is what a crash may change. */
function withoutExecutions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExecutions);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "execution").map((
      [key, inner],
    ) => [key, withoutExecutions(inner)]),
  );
}
