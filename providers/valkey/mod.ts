/**
 * Locks, a queue of hints and a lifecycle feed in Valkey, or Redis, by `npm:@redis/client`.
 *
 * @example Usage
 * ```ts ignore
 * import { ValkeyProvider } from "@wfe/engine/valkey";
 *
 * await using valkey = await ValkeyProvider.open("redis://127.0.0.1:6379");
 * ```
 *
 * @module
 */
export type { RoleOptions } from "../role_options.ts";
export type { TlsOptions } from "../tls_files.ts";
export type { BlockingClient, ConnectBlocking, ValkeyClient } from "./client.ts";
export { ValkeyLifecycle } from "./lifecycle.ts";
export { ValkeyLock } from "./lock.ts";
export type { ValkeyOptions } from "./options.ts";
export { type ValkeyClientOptions, ValkeyProvider } from "./provider.ts";
export { ValkeyQueue } from "./queue.ts";
