import { StoreError } from "../../src/provider/errors.ts";
import type { Connection } from "./connection.ts";
import { initial } from "./migrations/0001_initial.ts";
import { notes } from "./migrations/0002_notes.ts";
import { carried } from "./migrations/0003_carried.ts";
import { roles } from "./migrations/0004_roles.ts";
import { dirtyRuns } from "./migrations/0005_dirty_runs.ts";
import { attributes } from "./migrations/0006_attributes.ts";
import { lockNames } from "./migrations/0007_lock_names.ts";

/** SQL by number, the first being 1. Append-only. */
const migrations: readonly string[] = [initial, notes, carried, roles, dirtyRuns, attributes, lockNames];

const record =
  "CREATE TABLE IF NOT EXISTS wfe_migration (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";

/**
 * Brings a database up to what this code knows. Each migration claims its number in its own transaction, so any
 * number of programs may open a new database at once, and one that dies in between leaves nothing half done.
 *
 * @throws {StoreError} `newer` when the database was written by a later version
 */
export async function migrate(connection: Connection, now: number, known = migrations): Promise<void> {
  for (const [index, sql] of known.entries()) {
    await connection.transaction("migrate", () => {
      connection.run(record);
      refuseNewer(connection, known.length);
      const claimed = connection.get(
        "INSERT INTO wfe_migration (number, applied_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING number",
        index + 1,
        now,
      );
      if (claimed) connection.exec(sql);
    });
  }
}

function refuseNewer(connection: Connection, known: number): void {
  const row = connection.get<{ readonly number: number | null }>(
    "SELECT max(number) AS number FROM wfe_migration",
  );
  const number = row?.number ?? 0;
  if (number <= known) return;
  throw new StoreError(
    "newer",
    `Cannot open database ${connection.name}: it has schema ${number}, this version of @wfe/engine knows ${known}; update the program`,
  );
}
