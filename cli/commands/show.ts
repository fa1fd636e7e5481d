import sliceAnsi from "slice-ansi";
import type { AttributeValue } from "../../src/definition/attributes.ts";
import { formatDuration } from "../../src/definition/duration.ts";
import { isBusy } from "../../src/instance/status.ts";
import { withDatabase, withOutput } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { exitCodes } from "../exit_codes.ts";
import { describeRun, type RunRecord } from "../output/run_record.ts";
import { writeJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import type { OutputFormat } from "../output/progress.ts";
import { standing } from "../output/standing.ts";
import { indentation } from "../output/step_lines.ts";
import { whyLines } from "../output/summary.ts";
import { localTime, table } from "../output/table.ts";
import type { Sink } from "../io.ts";
import { RunView } from "../output/run_view.ts";
import { definitionOf, findRun, noSuchRun } from "../find_run.ts";
import { databasePath, openExisting } from "../store.ts";

const columns = ["STEP", "STATUS", "ATTEMPT", "STARTED", "TOOK", "OUTPUT"];

interface Options {
  readonly db?: string;
  readonly output: OutputFormat;
}

/** `wfe show RUN-ID`: the steps of a run. */
export const addShow: AddCommand = (program, cli, exit) => {
  withOutput(withDatabase(program.command("show")))
    .description("Show a run and its steps")
    .argument("<run-id>", "id of the run, or its first characters")
    .action(async (id: string, options: Options) => {
      await showRun(id, options, cli);
      exit(exitCodes.complete);
    });
};

async function showRun(
  id: string,
  { db, output }: Options,
  { io: { stdout }, openStore }: Cli,
): Promise<void> {
  await using store = await openExisting(databasePath(db), openStore);
  if (!store) throw noSuchRun(id);
  const run = await findRun(store, id);
  const definition = await definitionOf(store, run);
  const pointers = await store.pointers(run.id);
  const notes = await store.notes([run.id]);
  const record = describeRun(run, definition, pointers, notes.get(run.id));
  if (output === "json") return writeJson(stdout, record);
  const view = new RunView(definition, pointers);
  const took = run.endedAt === null ? "" : `, took ${formatDuration(run.endedAt - run.createdAt)}`;
  const lines = [
    `${stdout.paint("bold", view.title)} · run ${run.id} · ${standing(run, await store.ownerOf(run.id))}`,
    `started ${localTime(run.createdAt)}${took}`,
    ...Object.entries(run.attributes).map(([name, value]) => printable(`${name}: ${textOf(value)}`)),
    "",
    ...table(columns, record.steps.map((step) => stepRow(step, store.now()))).map((line) =>
      fit(line, stdout)
    ),
    ...(run.status === "Complete" ? [] : whyLines(run, view, stdout.paint)),
  ];
  stdout.write(`${lines.join("\n")}\n`);
}

function textOf(value: AttributeValue): string {
  return typeof value === "object" ? value.join(", ") : String(value);
}

/** Cuts a line to the terminal: an output may be long, and elsewhere is printed whole. */
function fit(line: string, sink: Sink): string {
  const most = sink.isTerminal ? sink.size().columns : Infinity;
  return line.length > most ? `${sliceAnsi(line, 0, most - 1)}…` : line;
}

function stepRow(step: RunRecord["steps"][number], now: number): string[] {
  const { name, depth = 0, status, attempt, startedAt, endedAt, output, note } = step;
  const end = endedAt ? Date.parse(endedAt) : isBusy(status) ? now : null;
  return [
    indentation(depth) + name,
    status,
    attempt === 0 ? "" : String(attempt),
    startedAt ? localTime(Date.parse(startedAt)) : "",
    startedAt && end !== null ? formatDuration(end - Date.parse(startedAt)) : "",
    note ?? (output === null ? "" : JSON.stringify(output)),
  ];
}
