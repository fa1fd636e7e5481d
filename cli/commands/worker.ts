import { type Command, InvalidArgumentError } from "commander";
import { DefinitionConflictError } from "../../src/engine/errors.ts";
import type { WorkflowHost } from "../../src/engine/host.ts";
import { InvalidDefinitionError } from "../../src/definition/errors.ts";
import { withDatabase, withOutput, withQueue, withSearch } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { CliError } from "../cli_error.ts";
import { exitCodes } from "../exit_codes.ts";
import { type ExportedDefinition, loadModule } from "../load_module.ts";
import { hostForFiles } from "../host_for_files.ts";
import { once } from "../once.ts";
import { openQueue } from "../open_queue.ts";
import { openSearchServer } from "../open_search.ts";
import type { OutputFormat } from "../output/progress.ts";
import { workerOutput } from "../output/worker_output.ts";
import { onInterrupt } from "../signals.ts";
import { databasePath, openStore, withoutPassword } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly search?: string;
  readonly queue?: string;
  readonly module: readonly string[];
  readonly concurrency?: number;
  readonly output: OutputFormat;
}

/** `wfe worker`: runs whatever is due, until it is told to stop. */
export const addWorker: AddCommand = (program, cli, exit) => {
  withModules(withOutput(withQueue(withSearch(withDatabase(program.command("worker"))))))
    .description("Run all due runs of a database, until interrupted; several workers share them")
    .option("--concurrency <n>", "steps that run at once (default: 100)", readCount)
    .action(async (options: Options) => exit(await work(options, cli)));
};

function withModules(command: Command): Command {
  return command.option(
    "--module <file>",
    "module that exports workflows in TypeScript; may be given several times",
    (file: string, before: readonly string[]) => [...before, file],
    [],
  );
}

function readCount(argument: string): number {
  const count = Number(argument);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("Write a whole number from 1.");
  }
  return count;
}

async function work(
  { db, search, queue, module, concurrency, output }: Options,
  { io, openStore: open }: Cli,
): Promise<number> {
  const exported = (await Promise.all(module.map(loadModule))).flat();
  const database = databasePath(db);
  await using store = await openStore(database, open);
  await using index = openSearchServer(search);
  await using server = await openQueue(queue);
  const builder = hostForFiles({ store, database, index, queue: server?.queue });
  const host = (concurrency === undefined ? builder : builder.limits({ steps: concurrency })).build();
  await using _stop = { [Symbol.asyncDispose]: () => host.stop({ grace: 0 }) };
  for (const each of exported) register(host, each);
  const told = workerOutput(output, io);
  using _events = host.onEvent((event) => told.event(event));

  const { promise: over, resolve: end, reject: fail } = Promise.withResolvers<void>();
  // It may fail before it is waited for.
  over.catch(() => {});
  using _search = host.onSearchTrouble(once((message) => told.note(message)));
  const noteTrouble = once((message) => told.note(`The store is in trouble: ${message}`));
  using _troubles = host.onTrouble((error) => error.retryable ? noteTrouble(error) : fail(error));
  using _signals = onInterrupt(
    () => {
      told.note("stopping: no new work, 30 s for the steps that run… (again to end at once)");
      end();
    },
    () => Deno.exit(exitCodes.interrupted),
  );

  await host.start();
  const workflows = exported.map(({ definition: { id, version } }) => `${id} ${version}`);
  told.ready({ pid: Deno.pid, database: withoutPassword(database), workflows });
  await over;
  await host.stop();
  told.note("stopped");
  return exitCodes.complete;
}

function register(host: WorkflowHost, { place, definition }: ExportedDefinition): void {
  try {
    host.registerWorkflow(definition);
  } catch (error) {
    if (!(error instanceof InvalidDefinitionError || error instanceof DefinitionConflictError)) throw error;
    throw new CliError(`${place}: ${error.message}`, undefined, { cause: error });
  }
}
