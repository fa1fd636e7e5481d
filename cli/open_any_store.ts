import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import { isServer } from "./store.ts";

/** Opens an SQLite file, or a store in PostgreSQL, whose driver is loaded only then. */
export async function openAnyStore(
  path: string,
  { create }: { readonly create: boolean },
): Promise<Persistence> {
  if (!isServer(path)) return await SqliteProvider.open(path);
  const { PostgresProvider } = await import("../providers/postgres/mod.ts");
  return await PostgresProvider.open(path, { create });
}
