import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findProject, projectFlags } from "../../executors/script/bundle/project.ts";
import type { Problem } from "../../src/yaml/mod.ts";
import { Source } from "../../src/yaml/source.ts";
import { CliError } from "../cli_error.ts";
import { runCheck, withTypes } from "./deno_check.ts";
import { type Diagnostic, firstMessage, offsetOf, readDiagnostics } from "./diagnostics.ts";

/**
 * Type-checks the scripts that the steps of a workflow file name by `file`, with all that they import from their
 * project, and returns what is wrong, at the places of their own files.
 *
 * @throws {CliError} where they cannot be checked
 */
export async function checkScriptFiles(workflow: string, scripts: readonly string[]): Promise<Problem[]> {
  if (scripts.length === 0) return [];
  const folder = dirname(resolve(workflow));
  const paths = scripts.map((script) => resolve(folder, script));
  const flags = projectFlags(findProject(workflow));
  const output = await withTypes((types) => runCheck([...flags, types, ...paths]));
  const found = readDiagnostics(output);
  const why = firstMessage(output);
  if (found.length === 0 && why !== undefined) throw new CliError(`Cannot check scripts: ${why}`);
  return found.map((diagnostic) => problemOf(diagnostic, workflow)).sort(byPlace);
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function problemOf(found: Diagnostic, workflow: string): Problem {
  const path = fileURLToPath(found.file);
  const shown = join(dirname(workflow), relative(dirname(resolve(workflow)), path));
  const source = new Source(Deno.readTextFileSync(path), shown);
  const start = offsetOf(found, source.text);
  return source.problem({ start, end: start + found.length }, found.message);
}
