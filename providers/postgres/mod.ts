/**
 * Workflows kept in PostgreSQL, by `npm:postgres`.
 *
 * @example Usage
 * ```ts ignore
 * import { PostgresProvider } from "@wfe/engine/postgres";
 *
 * await using provider = await PostgresProvider.open("postgres://app@127.0.0.1:5432/app");
 * ```
 *
 * @module
 */
export type { PostgresClient, PostgresTransaction, PostgresValue } from "./client.ts";
export type { RoleOptions } from "../role_options.ts";
export { PostgresLifecycle } from "./lifecycle.ts";
export { PostgresLock } from "./lock.ts";
export type { PostgresDurability, PostgresOptions } from "./options.ts";
export { PostgresProvider } from "./persistence.ts";
export { PostgresQueue } from "./queue.ts";
export { PostgresSearch, type PostgresSearchOptions } from "./search.ts";
