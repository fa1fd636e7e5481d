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
export type { PostgresDurability, PostgresOptions } from "./options.ts";
export { PostgresProvider } from "./persistence.ts";
