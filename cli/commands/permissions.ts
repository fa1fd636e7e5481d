import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import { type Variables, withDatabase, withOutput, withSearch, withVariables } from "../arguments.ts";
import type { AddCommand } from "../cli.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { loadFile } from "../load_file.ts";
import { writeJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import type { OutputFormat } from "../output/progress.ts";
import { table } from "../output/table.ts";
import { engineFlags } from "../permissions/engine_flags.ts";
import { accessOf, type StepAccess } from "../permissions/step_access.ts";
import { searchUrl } from "../open_search.ts";
import { databasePath } from "../store.ts";

interface Options {
  readonly var: Variables;
  readonly db?: string;
  readonly search?: string;
  readonly output: OutputFormat;
}

/** `wfe permissions FILE`: what the steps of a workflow file may touch, and the flags that running it needs. */
export const addPermissions: AddCommand = (program, { io }, exit) => {
  withOutput(withSearch(withDatabase(withVariables(program.command("permissions")))))
    .description("List what each step of a workflow file may touch, and the flags of deno that a run needs")
    .argument("<file>", "workflow file")
    .action(async (file: string, options: Options) => {
      const files: string[] = [];
      const definition = await loadFile(file, options.var, io, (path) => files.push(path));
      const servers = { database: databasePath(options.db), search: searchUrl(options.search) };
      const flags = engineFlags(file, definition, servers, files);
      if (options.output === "json") writeRecord(definition, flags, io);
      else writeTable(definition, flags, io);
      exit(exitCodes.complete);
    });
};

function writeRecord({ id, version, steps }: WorkflowDefinition, engine: readonly string[], io: Io): void {
  writeJson(io.stdout, {
    definition: { id, version },
    steps: steps.map((step) => ({ step: step.name, type: step.type, access: accessOf(step) })),
    engine,
  });
}

function writeTable({ steps }: WorkflowDefinition, flags: readonly string[], { stdout }: Io): void {
  const rows = steps.flatMap((step) =>
    describe(accessOf(step)).map((what, index) =>
      index === 0 ? [step.name ?? step.key, step.type, what] : ["", "", what]
    )
  );
  const lines = [
    ...table(["STEP", "TYPE", "MAY TOUCH"], rows),
    "",
    "A run needs these flags of deno:",
    ...flags.map((flag) => `  ${quoted(printable(flag))}`),
  ];
  stdout.write(`${lines.join("\n")}\n`);
}

function describe(access: StepAccess | "user"): readonly string[] {
  if (access === "user") return ["everything that the user may"];
  const { net, read, write, env, run, dynamicImport, files = [] } = access;
  const lists = { net: net === "any" ? ["any host: an expression names it"] : net, read, write, env };
  const lines = [
    ...Object.entries(lists).flatMap(([key, values]) =>
      values.length === 0 ? [] : [`${key}: ${values.join(", ")}`]
    ),
    ...run ? ["run: any program, and so everything that the user may"] : [],
    ...dynamicImport && net.length > 0 ? ["dynamic_import: modules from the hosts in net"] : [],
  ];
  const madeOf = files.length === 0 ? [] : [`made of: ${files.join(", ")}`];
  return [...lines.length === 0 ? ["nothing"] : lines, ...madeOf];
}

/** A word of a command line, for a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
