/**
 * Workflows kept in an SQLite file, by the driver built into Deno.
 *
 * @example Usage
 * ```ts
 * import { SqliteProvider } from "@wfe/engine/sqlite";
 *
 * await using provider = await SqliteProvider.open(`${await Deno.makeTempDir()}/app.db`);
 * ```
 *
 * @module
 */
export type { SqliteDatabase, SqliteDurability, SqliteStatement, SqliteValue } from "./database.ts";
export type { RoleOptions } from "../role_options.ts";
export { SqliteLifecycle } from "./lifecycle.ts";
export { SqliteLock } from "./lock.ts";
export type { SqliteOptions, SqliteWriter } from "./options.ts";
export { SqliteProvider } from "./persistence.ts";
export { SqliteQueue } from "./queue.ts";
export { SqliteSearch, type SqliteSearchOptions } from "./search.ts";
