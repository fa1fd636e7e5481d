import { explainDenial } from "../../executors/script/denial.ts";
import { ScriptPermissionError } from "../../executors/script/errors.ts";
import { explainImport } from "../../executors/script/explain_import.ts";
import { importFlags, readPermissions } from "../../executors/script/permissions.ts";
import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import { type PlacedScript, placeScripts } from "../../src/yaml/placed_script.ts";
import type { ScriptConfig } from "../../src/yaml/step_types/script.ts";
import { CliError } from "../cli_error.ts";
import { checkScriptFiles } from "./check_script_files.ts";
import { denoCheck } from "./deno_check.ts";

/**
 * Type-checks the scripts of a workflow file, and returns how many there are. A script may import what its step may.
 *
 * @throws {WorkflowSyntaxError} with what is wrong with them, where it stands in the file
 * @throws {CliError} where they cannot be checked
 */
export async function checkScripts(path: string, definition: WorkflowDefinition): Promise<number> {
  const { scripts, problems } = await placeScripts(path, definition);
  for (const [flags, group] of Map.groupBy(scripts, flagsOf)) {
    for (const { script, offset, length, message } of await denoCheck(group.map(textOf), flags.split(" "))) {
      const { config, report } = group[script]!;
      report(offset, length, inOtherWords(message, config) ?? message);
    }
  }
  const files = scriptFilesOf(definition);
  problems.throwIfAny(await checkScriptFiles(path, files));
  return scripts.length + files.length;
}

/** The files that steps name, each once. */
function scriptFilesOf({ steps }: WorkflowDefinition): readonly string[] {
  const files = steps.map(({ type, config }) => type === "deno" ? config?.file : undefined);
  return [...new Set(files)].filter((file) => typeof file === "string");
}

/** What Deno says of imports, in the words that a run has for it. */
function inOtherWords(message: string, { permissions = {} }: ScriptConfig): string | undefined {
  return explainDenial(message, permissions) ?? explainImport(message, permissions);
}

function flagsOf({ config: { permissions = {} } }: PlacedScript): string {
  const { net = [], dynamic_import = false } = permissions;
  try {
    return importFlags(readPermissions({ net, dynamic_import }, "/")).join(" ");
  } catch (error) {
    if (!(error instanceof ScriptPermissionError)) throw error;
    throw new CliError(error.message, undefined, { cause: error });
  }
}

/** The script as a module that declares what its expressions stand for. */
function textOf({ config: { script: { text, expressions } } }: PlacedScript): string {
  const names = Object.keys(expressions).map((name) => `${name}: any`);
  return names.length === 0 ? text : `${text}\n;declare const ${names.join(", ")};\n`;
}
