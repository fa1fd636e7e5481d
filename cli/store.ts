import { basename, dirname, join, resolve } from "node:path";
import type { Persistence } from "../src/provider/persistence.ts";
import { StoreError } from "../src/provider/errors.ts";
import type { OpenStore } from "./cli.ts";
import { CliError } from "./cli_error.ts";
import { readEnv } from "./env.ts";

/** Where runs are kept unless told otherwise, below the working folder. */
export const defaultDatabase = ".wfe/wfe.db";

/** Whether a database is on a server, by its URL. */
export function isServer(database: string): boolean {
  return /^postgres(ql)?:\/\//.test(database);
}

/** The file of a database; of one on a server, what lies beside it here lies beside the default one. */
export function fileOf(database: string): string {
  return isServer(database) ? defaultDatabase : database;
}

/** Where the engine keeps its own files, with all below: absolute. The folder of the database has to be there. */
export function filesOf(database: string): string[] {
  const file = fileOf(database);
  const folder = Deno.realPathSync(dirname(file));
  if (file === defaultDatabase) return [folder];
  const path = join(folder, basename(file));
  return ["", "-wal", "-shm", "-journal", ".hosts", ".steps", ".record"].map((end) => path + end);
}

/** The database's path or URL: the option, else `WFE_DB`, else the default. */
export function databasePath(option: string | undefined): string {
  const path = option ?? readEnv("WFE_DB") ?? defaultDatabase;
  if (path === ":memory:") {
    throw new CliError("Cannot keep runs in memory: the command ends; give --db a file");
  }
  return path;
}

/** Opens the database, and makes it and its folder where they are missing. */
export async function openStore(path: string, open: OpenStore): Promise<Persistence> {
  const file = fileOf(path);
  const folder = dirname(file);
  onDisk(`make the folder ${folder}`, () => Deno.mkdirSync(folder, { recursive: true }));
  if (file === defaultDatabase) onDisk(`write ${folder}/.gitignore`, () => ignoreFolder(folder));
  return await openIt(path, open, true);
}

/** Opens the database, or returns null where there is none: looking must not make one. */
export async function openExisting(path: string, open: OpenStore): Promise<Persistence | null> {
  if (!isServer(path)) {
    return onDisk(`find ${path}`, () => exists(path)) ? await openIt(path, open, true) : null;
  }
  try {
    return await openIt(path, open, false);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof StoreError && cause.problem === "missing" && !cause.cause) return null;
    throw error;
  }
}

/** Does something with files; says what, where the system does not let it. */
function onDisk<Result>(what: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new CliError(`Cannot ${what}: ${(error as Error).message}`, undefined, { cause: error });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function openIt(path: string, open: OpenStore, create: boolean): Promise<Persistence> {
  try {
    return await open(path, { create });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CliError(error.message, undefined, { cause: error });
  }
}

/** Keeps the default folder out of Git; another folder is the user's own. */
function ignoreFolder(folder: string): void {
  try {
    Deno.writeTextFileSync(resolve(folder, ".gitignore"), "*\n", { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** The option that leads another command to the same database, but for a password; empty for the default one. */
export function databaseHint(option: string | undefined): string {
  return option === undefined ? "" : ` --db ${quote(withoutPassword(option))}`;
}

/** A database as it may be shown. */
export function withoutPassword(database: string): string {
  return isServer(database) ? database.replace(/^(\w+:\/\/[^/?@]*?):[^/?]*@/, "$1@") : database;
}

/** Writes an argument so that a shell reads it as one word. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
