import { SqliteSearch } from "../providers/sqlite/mod.ts";
import { StoreError } from "../src/provider/errors.ts";
import type { SearchIndex } from "../src/provider/search.ts";
import { CliError } from "./cli_error.ts";
import { isServer } from "./store.ts";

/**
 * Opens the search index of a database: in its file; for one on a server in memory, for the time of the command.
 *
 * @throws {CliError} where it cannot be used
 */
export async function openSearch(database: string): Promise<SearchIndex> {
  try {
    return await SqliteSearch.open(isServer(database) ? ":memory:" : database);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CliError(error.message, undefined, { cause: error });
  }
}
