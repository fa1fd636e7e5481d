import { migrateInstance } from "../flow/migrate.ts";
import { isEnded } from "../instance/status.ts";
import type { Advance } from "../instance/transition.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import type { Engine } from "./engine.ts";
import { MigrationError, RunStateError } from "./errors.ts";

/** Moves a run to a registered version of its definition. */
export async function migrateRun(
  engine: Engine,
  runId: string,
  version: number | undefined,
): Promise<Advance> {
  const { persistence, registry } = engine;
  const instance = await persistence.get(runId);
  if (!instance) throw new RunNotFoundError(runId);
  const target = registry.find(instance.definitionId, version ?? instance.version);
  const before = await registry.programOf(instance, persistence);
  if ("reason" in before) throw new MigrationError(runId, before.reason);
  await registry.save(target, persistence);
  const advance = await persistence.change(runId, (state) => {
    if (isEnded(state.instance.status)) throw new RunStateError("migrate", runId, state.instance.status);
    const to = { definition: target.definition, hash: target.stored.hash };
    const migrated = migrateInstance(state, before.definition, to, engine.moment());
    if (typeof migrated === "string") throw new MigrationError(runId, migrated);
    return migrated;
  });
  return advance!;
}
