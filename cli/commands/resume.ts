import type { WorkflowHost } from "../../src/engine/host.ts";
import type { RunHandle } from "../../src/engine/run_handle.ts";
import type { Instance } from "../../src/instance/instance.ts";
import { isEnded, type WorkflowStatus } from "../../src/instance/status.ts";
import type { HostInfo, Persistence } from "../../src/provider/persistence.ts";
import { withDatabase, withOutput, withQueue, withSearch } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { CliError } from "../cli_error.ts";
import { execute } from "../execute.ts";
import { exitCodes } from "../exit_codes.ts";
import { allRuns } from "../../src/engine/all_runs.ts";
import { definitionOf, findRun, noSuchRun } from "../find_run.ts";
import type { Io } from "../io.ts";
import { writeJson } from "../output/json.ts";
import type { OutputFormat } from "../output/progress.ts";
import { databasePath, openExisting, withoutPassword } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly search?: string;
  readonly queue?: string;
  readonly output: OutputFormat;
}

/** Without an id, only what did not end by somebody's will. */
const resumable: readonly WorkflowStatus[] = ["Runnable", "Failed", "Suspended"];

/** `wfe resume [RUN-ID]`: continues an interrupted or suspended run, retries one that ended. */
export const addResume: AddCommand = (program, cli, exit) => {
  withOutput(withQueue(withSearch(withDatabase(program.command("resume")))))
    .description("Continue an interrupted run; retry a failed one from its failed step")
    .argument("[run-id]", "id of the run, or its first characters (default: the newest run that can go on)")
    .action(async (id: string | undefined, options: Options) => exit(await resume(id, options, cli)));
};

async function resume(
  id: string | undefined,
  { db, search, queue, output }: Options,
  cli: Cli,
): Promise<number> {
  const database = databasePath(db);
  await using store = await openExisting(database, cli.openStore);
  if (!store) throw id === undefined ? nothingToResume(database) : noSuchRun(id);
  const run = id === undefined ? await newest(store, database) : await findRun(store, id);
  if (run.status === "Complete") return sayComplete(run, output, cli.io);
  const owner = await store.ownerOf(run.id);
  if (owner) throw liveElsewhere(run, owner);
  return await execute({
    store,
    definition: await definitionOf(store, run),
    runId: run.id,
    pointers: await store.pointers(run.id),
    begin: (host) => setGoing(host, run),
    output,
    database,
    db,
    search,
    queue,
  }, cli);
}

async function setGoing(host: WorkflowHost, { id, status }: Instance): Promise<RunHandle> {
  if (isEnded(status)) await host.retryWorkflow(id);
  else await host.resumeWorkflow(id);
  return host.getHandle(id);
}

async function newest(store: Persistence, database: string): Promise<Instance> {
  let live: CliError | undefined;
  for await (const run of allRuns(store, resumable)) {
    const owner = await store.ownerOf(run.id);
    if (!owner) return run;
    live ??= liveElsewhere(run, owner);
  }
  throw live ?? nothingToResume(database);
}

function sayComplete(run: Instance, output: OutputFormat, { stdout }: Io): number {
  if (output === "json") {
    writeJson(stdout, { type: "run", runId: run.id, status: run.status, data: run.data });
  } else stdout.write(`Run ${run.id} is complete: there is nothing to resume\n`);
  return exitCodes.complete;
}

function nothingToResume(database: string): CliError {
  return new CliError(`There is no run to resume in ${withoutPassword(database)}`, exitCodes.nothing);
}

function liveElsewhere(run: Instance, owner: HostInfo): CliError {
  return new CliError(`Cannot resume run ${run.id}: it is running now, in process ${owner.pid}`);
}
