import type { Command } from "commander";
import type { Persistence } from "../src/provider/persistence.ts";
import type { Io } from "./io.ts";

/**
 * Opens a store by the path of its file, or the URL of its server.
 *
 * Without `create`, a store on a server must be there already: else it rejects with a `StoreError` of the problem
 * `missing`.
 */
export type OpenStore = (
  path: string,
  options: { readonly create: boolean },
) => Persistence | Promise<Persistence>;

/** What all commands share. */
export interface Cli {
  /** Where they write. */
  readonly io: Io;
  /** How they open a store. */
  readonly openStore: OpenStore;
  /** Milliseconds for which they wait for a store in trouble. */
  readonly storePatience: number;
}

/** Adds a subcommand; what its action resolves to becomes the exit code, by `exit`. */
export type AddCommand = (program: Command, cli: Cli, exit: (code: number) => void) => void;
