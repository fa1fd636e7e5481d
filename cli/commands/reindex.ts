import { refreshSearch } from "../../src/engine/refresh_search.ts";
import { withDatabase } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { CliError } from "../cli_error.ts";
import { exitCodes } from "../exit_codes.ts";
import { openSearch } from "../open_search.ts";
import { databasePath, isServer, openExisting, withoutPassword } from "../store.ts";

/** `wfe reindex`: makes the search index anew from the runs. */
export const addReindex: AddCommand = (program, cli, exit) => {
  withDatabase(program.command("reindex"))
    .description("Make the search index of a database file anew")
    .action(async ({ db }: { readonly db?: string }) => {
      await reindex(databasePath(db), cli);
      exit(exitCodes.complete);
    });
};

async function reindex(path: string, { io, openStore }: Cli): Promise<void> {
  if (isServer(path)) {
    throw new CliError(
      `Cannot make the search index of ${
        withoutPassword(path)
      } anew: it has none; \`wfe search\` makes one each time`,
    );
  }
  await using store = await openExisting(path, openStore);
  if (!store) return io.stderr.write(`There are no runs: there is no database at ${path}\n`);
  await using index = await openSearch(path);
  const { put, removed } = await refreshSearch(store, index, { all: true });
  io.stdout.write(`Runs indexed: ${put}; purged runs taken out: ${removed}\n`);
}
