import type { Pointer } from "../../src/instance/instance.ts";
import type { Persistence, StoredLogLine } from "../../src/provider/persistence.ts";
import { suggest } from "../../src/yaml/suggestion.ts";
import { withDatabase, withOutput } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { CliError } from "../cli_error.ts";
import { exitCodes } from "../exit_codes.ts";
import { definitionOf, findRun, noSuchRun } from "../find_run.ts";
import { logRecord, writeJson } from "../output/json.ts";
import { levelSign } from "../output/level_sign.ts";
import { printable } from "../output/printable.ts";
import type { OutputFormat } from "../output/progress.ts";
import { nameOf, RunView } from "../output/run_view.ts";
import { databasePath, openExisting } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly output: OutputFormat;
}

const pageSize = 1_000;

/** `wfe logs RUN-ID [STEP]`: what the steps of a run printed, in all attempts. */
export const addLogs: AddCommand = (program, cli, exit) => {
  withOutput(withDatabase(program.command("logs")))
    .description("Print what the steps of a run printed")
    .argument("<run-id>", "id of the run, or its first characters")
    .argument("[step]", "name of a step")
    .action(async (id: string, step: string | undefined, options: Options) => {
      await printLogs(id, step, options, cli);
      exit(exitCodes.complete);
    });
};

async function printLogs(
  id: string,
  step: string | undefined,
  options: Options,
  { io, openStore }: Cli,
): Promise<void> {
  await using store = await openExisting(databasePath(options.db), openStore);
  if (!store) throw noSuchRun(id);
  const run = await findRun(store, id);
  const definition = await definitionOf(store, run);
  const pointers = await store.pointers(run.id);
  const view = new RunView(definition, pointers);
  const wanted = step === undefined ? pointers : pointersOf(step, pointers, definition.steps);
  const severalParts = wanted.length > 1 || wanted.some((pointer) => pointer.attempt > 1);
  const show = io.stdout.isTerminal ? printable : (text: string) => text;
  let part = "";
  for await (
    const line of logLines(
      store,
      run.id,
      step === undefined ? [undefined] : wanted.map(({ id }) => id),
    )
  ) {
    if (io.stdout.closed) return;
    const name = view.nameOfPointer(line.pointerId);
    if (options.output === "json") {
      writeJson(io.stdout, logRecord(line, name));
      continue;
    }
    const header = `── ${printable(name)}, attempt ${line.attempt} ──`;
    if (severalParts && header !== part) io.stdout.write(`${io.stdout.paint("bold", header)}\n`);
    part = header;
    io.stdout.write(`${levelSign(line.stream, io.stdout.paint)}${show(line.text)}\n`);
  }
}

type Steps = Awaited<ReturnType<typeof definitionOf>>["steps"];

function pointersOf(wanted: string, pointers: readonly Pointer[], steps: Steps): readonly Pointer[] {
  const step = steps.find((step) => step.type !== "end" && nameOf(step) === wanted) ??
    steps.find((step) => step.key === wanted);
  if (step) return pointers.filter((pointer) => pointer.stepKey === step.key);
  const names = steps.filter((step) => step.type !== "end").map(nameOf);
  throw new CliError(`Cannot find a step "${wanted}" in the run. ${suggest(wanted, names, "steps")}`);
}

async function* logLines(
  store: Persistence,
  runId: string,
  pointerIds: readonly (number | undefined)[],
): AsyncGenerator<StoredLogLine> {
  for (const pointerId of pointerIds) {
    for (let after = 0;;) {
      const page = { after, limit: pageSize, ...(pointerId !== undefined && { pointerId }) };
      const lines = await store.readLog(runId, page);
      yield* lines;
      if (lines.length < pageSize) break;
      after = lines.at(-1)!.seq;
    }
  }
}
