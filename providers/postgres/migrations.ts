import { StoreError } from "../../src/provider/errors.ts";
import type { Connection } from "./connection.ts";
import { tables } from "./migrations/0001_tables.ts";
import { events } from "./migrations/0002_events.ts";
import { writing } from "./migrations/0003_writing.ts";
import { claiming } from "./migrations/0004_claiming.ts";
import { roles } from "./migrations/0005_roles.ts";
import { dirtyRuns } from "./migrations/0006_dirty_runs.ts";
import { attributes } from "./migrations/0007_attributes.ts";
import { fences } from "./migrations/0008_fences.ts";
import { hints } from "./migrations/0009_hints.ts";
import { flushing } from "./migrations/0010_flushing.ts";
import { manyEvents } from "./migrations/0011_many_events.ts";
import { lookups } from "./migrations/0012_lookups.ts";
import { lockNames } from "./migrations/0013_lock_names.ts";

/** SQL by number, the first being 1. Append-only. */
const migrations: readonly string[] = [
  tables,
  events,
  writing,
  claiming,
  roles,
  dirtyRuns,
  attributes,
  fences,
  hints,
  flushing,
  manyEvents,
  lookups,
  lockNames,
];

const selectTable = "SELECT to_json(to_regclass($1::text) IS NOT NULL)::text AS r";
const selectSchema = "SELECT to_json(to_regnamespace($1::text) IS NOT NULL)::text AS r";
const selectNumber = "SELECT to_json(coalesce(max(number), 0))::text AS r FROM @wfe_migration";
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('@wfe_migration', 0))";

const record = "CREATE TABLE @wfe_migration (number integer PRIMARY KEY, applied_at bigint NOT NULL)";
const insertNumber = `
  INSERT INTO @wfe_migration (number, applied_at)
  VALUES ($1::integer, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) RETURNING to_json(number)::text AS r`;

/**
 * Brings a schema up to what this code knows, and makes it where it is missing. Each migration is applied in its own
 * transaction, under a lock of the schema's name, so any number of programs may open a new store at once, and one that
 * dies in between leaves nothing half done.
 *
 * @throws {StoreError} `newer` when the schema was written by a later version
 */
export async function migrate(connection: Connection, known = migrations): Promise<void> {
  // Nearly always nothing is to be done, which needs neither locks nor the right to make tables.
  if (await readNumber(connection, known.length) === known.length) return;
  for (const [index, sql] of known.entries()) {
    await connection.transaction("migrate", async (transaction) => {
      const { schema } = connection;
      const has = async (query: string, name: string) => (await transaction.all<boolean>(query, name))[0]!;
      await transaction.all(lock);
      // To ask for what is there takes fewer rights than IF NOT EXISTS.
      if (!await has(selectSchema, schema.quoted)) {
        await transaction.all(`CREATE SCHEMA ${schema.quoted}`);
      }
      if (!await has(selectTable, schema.sql("@wfe_migration"))) await transaction.all(record);
      const [number] = await transaction.all<number>(selectNumber);
      refuseNewer(connection, number!, known.length);
      if (number! > index) return;
      await transaction.all(sql);
      await transaction.all(insertNumber, index + 1);
    });
  }
}

/** Whether there is a store in the schema. */
export async function isThere(connection: Connection): Promise<boolean> {
  return (await connection.get<boolean>("open", selectTable, connection.schema.sql("@wfe_migration")))!;
}

async function readNumber(connection: Connection, known: number): Promise<number> {
  if (!await isThere(connection)) return 0;
  const number = (await connection.get<number>("open", selectNumber))!;
  refuseNewer(connection, number, known);
  return number;
}

function refuseNewer(connection: Connection, number: number, known: number): void {
  if (number <= known) return;
  throw new StoreError(
    "newer",
    `Cannot open database ${connection.name}: it has schema ${number}, this version of @wfe/engine knows ${known}; update the program`,
  );
}
