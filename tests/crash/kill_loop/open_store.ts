import { SqliteProvider } from "../../../providers/sqlite/mod.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { type EngineSettings, files } from "./messages.ts";

/** Opens the store of an engine process. The driver of a server is loaded only for one. */
export async function openStore({ folder, server }: EngineSettings): Promise<Persistence> {
  if (!server) return await SqliteProvider.open(`${folder}/${files.database}`);
  const { PostgresProvider } = await import("../../../providers/postgres/mod.ts");
  const { url, ...options } = server;
  return await PostgresProvider.open(url, { ...options, maxConnections: 4 });
}
