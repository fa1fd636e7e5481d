/**
 * The `wfe` command: runs, resumes and inspects workflows. Run this module, or call {@linkcode main}.
 *
 * @module
 */
import { Command, CommanderError, type OutputConfiguration } from "commander";
import config from "../deno.json" with { type: "json" };
import type { Cli, OpenStore } from "./cli.ts";
import { addLogs } from "./commands/logs.ts";
import { addPermissions } from "./commands/permissions.ts";
import { addReindex } from "./commands/reindex.ts";
import { addResume } from "./commands/resume.ts";
import { addRun } from "./commands/run.ts";
import { addRuns } from "./commands/runs.ts";
import { addSearch } from "./commands/search.ts";
import { addShow } from "./commands/show.ts";
import { addValidate } from "./commands/validate.ts";
import { addWorker } from "./commands/worker.ts";
import { exitCodes } from "./exit_codes.ts";
import { type Io, processIo } from "./io.ts";
import { openAnyStore } from "./open_any_store.ts";
import { reportProblem } from "./report_problem.ts";
import { defaultStorePatience } from "./store_patience.ts";

export type { OpenStore } from "./cli.ts";
export type { Io, Paint, Sink, Style } from "./io.ts";

/** Options of {@linkcode main}. */
export interface MainOptions {
  /**
   * Opens the store at a path or URL.
   * @default an SQLite file, or PostgreSQL where it begins with `postgres://`
   */
  readonly openStore?: OpenStore;
  /**
   * Where the command writes.
   * @default standard output and standard error of the process
   */
  readonly io?: Io;
  /**
   * Milliseconds for which a run waits for a store that is full or busy, before it is left to be resumed.
   * @default 30_000
   */
  readonly storePatience?: number;
}

/**
 * Runs the `wfe` command with its arguments (without the program's name) and returns the exit code. It rejects for
 * nothing: what goes wrong is written to standard error.
 */
export async function main(args: readonly string[], options: MainOptions = {}): Promise<number> {
  const { io = processIo(), openStore = openAnyStore, storePatience = defaultStorePatience } = options;
  try {
    return await dispatch(args, { io, openStore, storePatience });
  } catch (error) {
    // Commander has written its message already; its help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.complete : exitCodes.usage;
    return reportProblem(error, io);
  }
}

async function dispatch(args: readonly string[], cli: Cli): Promise<number> {
  let exitCode: number = exitCodes.complete;
  const program = new Command("wfe")
    .description(
      "Runs workflows that survive crashes: what a step has done is recorded and never done again.",
    )
    .version(config.version)
    .exitOverride()
    .showHelpAfterError("(`--help` lists what there is)")
    .configureOutput(outputOf(cli.io));
  for (
    const add of [
      addRun,
      addResume,
      addWorker,
      addRuns,
      addSearch,
      addShow,
      addLogs,
      addReindex,
      addValidate,
      addPermissions,
    ]
  ) {
    add(program, cli, (code) => exitCode = code);
  }
  await program.parseAsync([...args], { from: "user" });
  return exitCode;
}

/** Commander's output through ours: by itself it would read the environment for colours. */
function outputOf({ stdout, stderr }: Io): OutputConfiguration {
  return {
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.size().columns,
    getErrHelpWidth: () => stderr.size().columns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
