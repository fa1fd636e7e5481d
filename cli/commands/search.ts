import { InvalidArgumentError, Option } from "commander";
import { refreshSearch } from "../../src/engine/refresh_search.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";
import { type WorkflowStatus, workflowTransitions } from "../../src/instance/status.ts";
import type { SearchFilters, SearchIndex, SearchPage } from "../../src/provider/search.ts";
import { withDatabase, withOutput, withSearch } from "../arguments.ts";
import type { AddCommand, Cli } from "../cli.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { isoTime, writeJson } from "../output/json.ts";
import type { OutputFormat } from "../output/progress.ts";
import { localTime, table } from "../output/table.ts";
import { asCliError, openSearch, openSearchServer } from "../open_search.ts";
import { databasePath, openExisting, withoutPassword } from "../store.ts";

interface Options {
  readonly db?: string;
  readonly search?: string;
  readonly output: OutputFormat;
  readonly status?: readonly WorkflowStatus[];
  readonly workflow?: string;
  readonly reference?: string;
  readonly step?: string;
  readonly attribute?: Filtered;
  readonly from?: number;
  readonly before?: number;
  readonly skip: number;
  readonly take: number;
}

const mostTaken = 1_000;

/** `wfe search`: the runs in which all terms are found, newest first. */
export const addSearch: AddCommand = (program, cli, exit) => {
  const withAttributes = new Option(
    "--attribute <name=value>",
    'only runs with this attribute, a number, true, false or a text (n="5" is one); may be given several times',
  ).argParser(collectAttribute);
  const statuses = new Option("--status <status...>", "only runs in one of these").choices(
    Object.keys(workflowTransitions),
  );
  withOutput(withSearch(withDatabase(program.command("search"))))
    .description(
      "Find runs by words of their ids, workflows, references, steps, errors and attributes, newest first",
    )
    .argument("[terms...]", "all must be found; each is the beginning of a word")
    .addOption(statuses)
    .option("--workflow <id>", "only runs of this workflow")
    .option("--reference <reference>", "only runs with this reference")
    .option("--step <key>", "only runs in which this step has begun")
    .addOption(withAttributes)
    .option(
      "--from <time>",
      "only runs started then or later, like 2026-07-30 or 2026-07-30T14:05Z",
      readTime,
    )
    .option("--before <time>", "only runs started before", readTime)
    .option("--skip <count>", "leave so many out", readCount(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--take <count>", "at most so many", readCount(1, mostTaken), 50)
    .action(async (terms: readonly string[], options: Options) => {
      await search(terms.join(" "), options, cli);
      exit(exitCodes.complete);
    });
};

async function search(terms: string, options: Options, { io, openStore }: Cli): Promise<void> {
  await using server = openSearchServer(options.search);
  // What a server has is what hosts feed it with; the store is not asked.
  if (server) return await show(server, terms, options, io);
  const path = databasePath(options.db);
  await using store = await openExisting(path, openStore);
  if (!store) return io.stderr.write(`There are no runs: there is no database at ${withoutPassword(path)}\n`);
  await using index = await openSearch(path);
  await refreshSearch(store, index);
  await show(index, terms, options, io);
}

async function show(index: SearchIndex, terms: string, options: Options, io: Io): Promise<void> {
  const { skip, take } = options;
  const page = await index.search(terms, { filters: filtersOf(options), skip, take }).catch((error) => {
    throw asCliError(error);
  });
  if (options.output === "json") return page.hits.forEach((hit) => writeJson(io.stdout, record(hit)));
  if (page.hits.length > 0) {
    const rows = page.hits.map(row);
    for (const line of table(["RUN", "WORKFLOW", "STATUS", "STARTED", "REFERENCE"], rows)) {
      io.stdout.write(`${line}\n`);
    }
  }
  io.stderr.write(`${summary(page, skip)}\n`);
}

function filtersOf({ status, workflow, reference, step, attribute, from, before }: Options): SearchFilters {
  return {
    ...status && { status },
    ...workflow !== undefined && { definitionId: workflow },
    ...reference !== undefined && { reference },
    ...step !== undefined && { step },
    ...attribute && { attributes: attribute },
    ...from !== undefined && { createdFrom: from },
    ...before !== undefined && { createdBefore: before },
  };
}

function row({ id, definitionId, version, status, createdAt, reference }: SearchDocument): string[] {
  return [id, `${definitionId} ${version}`, status, localTime(createdAt), reference ?? ""];
}

function record(document: SearchDocument): object {
  const { id, definitionId, version, status, createdAt, endedAt, reference, steps, errors, attributes } =
    document;
  return {
    runId: id,
    status,
    definition: { id: definitionId, version },
    startedAt: isoTime(createdAt),
    endedAt: isoTime(endedAt),
    reference,
    steps,
    errors,
    attributes,
  };
}

function summary({ hits, total, cursor }: SearchPage, skip: number): string {
  if (total === 0) return "No run was found";
  if (hits.length === total) return total === 1 ? "1 run" : `${total} runs`;
  const rest = cursor === null ? "" : `; go on with --skip ${skip + hits.length}`;
  return `${hits.length} of ${total} runs${rest}`;
}

type Filtered = NonNullable<SearchFilters["attributes"]>;

function collectAttribute(argument: string, before: Filtered = {}): Filtered {
  const at = argument.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write NAME=VALUE.");
  return { ...before, [argument.slice(0, at)]: valueOf(argument.slice(at + 1)) };
}

/** What is JSON is meant as that; all else is text. */
function valueOf(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object") return value as string | number | boolean;
  } catch {
    // Text without quotes.
  }
  return text;
}

function readTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("Write a time like 2026-07-30 or 2026-07-30T14:05Z.");
  }
  return time;
}

function readCount(from: number, to: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= from && count <= to) return count;
    throw new InvalidArgumentError(`Write a whole number from ${from} to ${to}.`);
  };
}
