import type { Instance } from "../../src/instance/instance.ts";
import type { HostInfo, Persistence } from "../../src/provider/persistence.ts";
import { formatDuration } from "../../src/definition/duration.ts";
import { withDatabase, withOutput } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { isoTime, writeJson } from "../output/json.ts";
import type { OutputFormat } from "../output/progress.ts";
import { standing } from "../output/standing.ts";
import { localTime, table } from "../output/table.ts";
import { allRuns } from "../../src/engine/all_runs.ts";
import { databasePath, openExisting, withoutPassword } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly output: OutputFormat;
}

/** `wfe runs`: the runs, newest first. */
export const addRuns: AddCommand = (program, cli, exit) => {
  withOutput(withDatabase(program.command("runs")))
    .description("List the runs, newest first")
    .action(async (options: Options) => {
      await listRuns(options, cli);
      exit(exitCodes.complete);
    });
};

async function listRuns({ db, output }: Options, { io, openStore }: Cli): Promise<void> {
  const path = databasePath(db);
  await using store = await openExisting(path, openStore);
  if (!store) return io.stderr.write(`There are no runs: there is no database at ${withoutPassword(path)}\n`);
  if (output === "json") return await writeAll(store, io);
  const rows: string[][] = [];
  for await (const run of allRuns(store)) rows.push(row(run, await ownerOf(store, run), store.now()));
  if (rows.length === 0) return io.stderr.write(`There are no runs in ${withoutPassword(path)}\n`);
  for (const line of table(["RUN", "WORKFLOW", "STATUS", "STARTED", "TOOK"], rows)) {
    io.stdout.write(`${line}\n`);
  }
}

async function writeAll(store: Persistence, io: Io): Promise<void> {
  for await (const run of allRuns(store)) {
    if (io.stdout.closed) return;
    writeJson(io.stdout, {
      runId: run.id,
      status: run.status,
      definition: { id: run.definitionId, version: run.version },
      startedAt: isoTime(run.createdAt),
      endedAt: isoTime(run.endedAt),
      pid: (await ownerOf(store, run))?.pid ?? null,
    });
  }
}

/** Only a Runnable run can have an owner: the others need not be asked for. */
async function ownerOf(store: Persistence, run: Instance): Promise<HostInfo | null> {
  return run.status === "Runnable" ? await store.ownerOf(run.id) : null;
}

function row(run: Instance, owner: HostInfo | null, now: number): string[] {
  const took = run.endedAt ?? (owner ? now : null);
  return [
    run.id,
    `${run.definitionId} ${run.version}`,
    standing(run, owner),
    localTime(run.createdAt),
    took === null ? "" : formatDuration(took - run.createdAt),
  ];
}
