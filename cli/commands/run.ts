import { idRule, isValidId } from "../../src/definition/validate.ts";
import type { WorkflowHost } from "../../src/engine/host.ts";
import type { RunHandle } from "../../src/engine/run_handle.ts";
import type { Instance } from "../../src/instance/instance.ts";
import { RunExistsError } from "../../src/provider/errors.ts";
import type { Persistence } from "../../src/provider/persistence.ts";
import {
  readData,
  type Variables,
  withDatabase,
  withOutput,
  withQueue,
  withSearch,
  withVariables,
} from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { CliError } from "../cli_error.ts";
import { execute } from "../execute.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { loadFile } from "../load_file.ts";
import { hostForFiles } from "../host_for_files.ts";
import { openQueue } from "../open_queue.ts";
import { writeJson } from "../output/json.ts";
import { readKinds, startRecording } from "../record/recording.ts";
import { type RecordableKind, recordableKinds } from "../../executors/script.ts";
import type { OutputFormat } from "../output/progress.ts";
import { databaseHint, databasePath, openStore } from "../store.ts";

interface Options {
  readonly var: Variables;
  readonly data?: string;
  readonly db?: string;
  readonly search?: string;
  readonly queue?: string;
  readonly runId?: string;
  readonly output: OutputFormat;
  readonly recordPermissions?: readonly RecordableKind[];
  readonly detach?: boolean;
}

/** `wfe run FILE`: starts a run of a workflow file and stays with it, or leaves it to the workers. */
export const addRun: AddCommand = (program, cli, exit) => {
  withOutput(withQueue(withSearch(withDatabase(withVariables(program.command("run"))))))
    .description("Run a workflow file")
    .argument("<file>", "workflow file")
    .option("--data <json>", "first data: a JSON object, or @FILE with one")
    .option("--run-id <id>", "id of the new run (default: a new one that sorts by age)")
    .option("--detach", "print the id of the new run and leave it to `wfe worker`")
    .option(
      "--record-permissions <kinds>",
      `list what each script uses; it may use meanwhile: ${recordableKinds.join(",")}`,
      readKinds,
    )
    .action(async (file: string, options: Options) => exit(await run(file, options, cli)));
};

async function run(file: string, options: Options, cli: Cli): Promise<number> {
  const { db, search, queue, output, runId, recordPermissions, detach } = options;
  if (runId !== undefined && !isValidId(runId)) {
    throw new CliError(`Cannot use the run id ${JSON.stringify(runId)}: it must have ${idRule}`);
  }
  if (detach && recordPermissions) {
    throw new CliError("Cannot record permissions of a run that others run: leave --detach out");
  }
  const data = options.data === undefined ? {} : readData(options.data);
  const definition = await loadFile(file, options.var, cli.io);
  const database = databasePath(db);
  const recorder = recordPermissions && startRecording(recordPermissions, db, cli.io);
  await using store = await openStore(database, cli.openStore);
  const begin = (host: WorkflowHost): Promise<RunHandle> => {
    host.registerWorkflow(definition);
    return host.startWorkflow(definition.id, data, runId === undefined ? {} : { runId });
  };
  try {
    if (detach) {
      await using server = await openQueue(queue);
      // Disposed of, so that the hint is sent.
      await using host = hostForFiles({ store, database, queue: server?.queue }).build();
      const { id } = await begin(host);
      return sayStarted((await store.get(id))!, output, cli.io);
    }
    return await execute({
      store,
      definition: definition as never,
      pointers: [],
      begin,
      output,
      database,
      db,
      search,
      queue,
      ...recorder && { recorder },
    }, cli);
  } catch (error) {
    if (error instanceof RunExistsError) throw await explainExisting(error, store, db);
    throw error;
  }
}

/** Only the id, so that `id=$(wfe run --detach …)` has it. */
function sayStarted({ id, status, data }: Instance, output: OutputFormat, { stdout }: Io): number {
  if (output === "json") writeJson(stdout, { type: "run", runId: id, status, data });
  else stdout.write(`${id}\n`);
  return exitCodes.complete;
}

async function explainExisting(
  error: RunExistsError,
  store: Persistence,
  db: string | undefined,
): Promise<CliError> {
  const owner = await store.ownerOf(error.runId);
  const remedy = owner
    ? `it is running now, in process ${owner.pid}`
    : `continue it with: wfe resume ${error.runId}${databaseHint(db)}`;
  return new CliError(`${error.message}; ${remedy}`, undefined, { cause: error });
}
