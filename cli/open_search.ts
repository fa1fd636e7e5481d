import { OpenSearchIndex } from "../providers/opensearch/mod.ts";
import { PostgresSearch } from "../providers/postgres/mod.ts";
import { SqliteSearch } from "../providers/sqlite/mod.ts";
import { StoreError } from "../src/provider/errors.ts";
import type { SearchIndex } from "../src/provider/search.ts";
import { CliError } from "./cli_error.ts";
import { readEnv } from "./env.ts";
import { isServer } from "./store.ts";

/** The URL of a search server: the option, else `WFE_SEARCH`, else none. */
export function searchUrl(option: string | undefined): string | undefined {
  return option ?? readEnv("WFE_SEARCH");
}

/**
 * Opens the index on a search server; null where none is named. The server is asked nothing yet.
 *
 * @throws {CliError} where its URL cannot be understood
 */
export function openSearchServer(option: string | undefined): SearchIndex | null {
  const url = searchUrl(option);
  if (url === undefined) return null;
  try {
    return OpenSearchIndex.open(url);
  } catch (error) {
    throw asCliError(error);
  }
}

/**
 * Opens the search index of a database, in itself.
 *
 * @throws {CliError} where it cannot be used
 */
export async function openSearch(database: string): Promise<SearchIndex> {
  try {
    return isServer(database) ? await PostgresSearch.open(database) : await SqliteSearch.open(database);
  } catch (error) {
    throw asCliError(error);
  }
}

/** The error of an index as the command tells it; any other as it is. */
export function asCliError(error: unknown): unknown {
  return error instanceof StoreError ? new CliError(error.message, undefined, { cause: error }) : error;
}
