import { refreshSearch } from "../../src/engine/refresh_search.ts";
import { withDatabase, withSearch } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { exitCodes } from "../exit_codes.ts";
import { asCliError, openSearch, openSearchServer } from "../open_search.ts";
import { databasePath, openExisting, withoutPassword } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly search?: string;
}

/** `wfe reindex`: makes the search index anew from the runs. */
export const addReindex: AddCommand = (program, cli, exit) => {
  withSearch(withDatabase(program.command("reindex")))
    .description("Make the search index of a database anew, in itself or on a search server")
    .action(async (options: Options) => {
      await reindex(options, cli);
      exit(exitCodes.complete);
    });
};

async function reindex({ db, search }: Options, { io, openStore }: Cli): Promise<void> {
  const path = databasePath(db);
  const server = openSearchServer(search);
  await using store = await openExisting(path, openStore);
  if (!store) return io.stderr.write(`There are no runs: there is no database at ${withoutPassword(path)}\n`);
  await using index = server ?? await openSearch(path);
  const { put, removed } = await refreshSearch(store, index, { all: true }).catch((error) => {
    throw asCliError(error);
  });
  io.stdout.write(`Runs indexed: ${put}; purged runs taken out: ${removed}\n`);
}
