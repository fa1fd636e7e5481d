import type { StoreClock } from "../../src/provider/clock.ts";
import { type RoleOptions, roleOptions } from "../role_options.ts";
import { Connection } from "./connection.ts";
import { configure, type SqliteDatabase, type SqliteDurability } from "./database.ts";
import { migrate } from "./migrations.ts";
import { forgetStatistics } from "./statistics.ts";

/** Options of `SqliteProvider.open` and `SqliteProvider.from`. */
export interface SqliteOptions extends RoleOptions {
  /**
   * What an acknowledged write survives.
   *
   * @default "power"
   */
  readonly durability?: SqliteDurability;
  /**
   * Milliseconds to go on trying while another program writes.
   *
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * Which thread writes to a file. `"auto"`: the main thread what is small while the disk is quick, a thread of its own
   * the rest, so that the event loop need not wait for the disk. `"main"` and `"thread"`: always that one.
   *
   * @default "auto"
   */
  readonly writer?: SqliteWriter;
  /**
   * The store's clock, which rules leases and due times.
   *
   * @default Date
   */
  readonly clock?: StoreClock;
  /**
   * Numbers from 0 up to 1 that spread the retries of a busy database.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

/** Which thread writes to a file. */
export type SqliteWriter = "auto" | "main" | "thread";

/** A connection that is ready for use, and the options with their defaults. */
export interface Prepared extends Required<SqliteOptions> {
  /** The connection, with its pragmas and the newest schema. */
  readonly connection: Connection;
}

/**
 * Makes a database ready for use.
 *
 * @param name the database, for people
 */
export async function prepare(
  database: SqliteDatabase,
  name: string,
  {
    durability = "power",
    busyTimeout = 5000,
    writer = "auto",
    clock = Date,
    random = Math.random,
    ...roles
  }: SqliteOptions,
): Promise<Prepared> {
  const connection = new Connection(database, { name, busyTimeout, random });
  await connection.read("open", () => configure(database, name, durability));
  await migrate(connection, clock.now());
  await forgetStatistics(connection);
  return { connection, durability, busyTimeout, writer, clock, random, ...roleOptions(roles) };
}
