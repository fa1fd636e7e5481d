import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import config from "../deno.json" with { type: "json" };
import { getCode } from "../src/definition/code.ts";
import type { WorkflowDefinition } from "../src/definition/definition.ts";
import { CliError } from "./cli_error.ts";

/** A definition that a module exports. */
export interface ExportedDefinition {
  /** The module and the export, in words. */
  readonly place: string;
  /** The definition, with its code. */
  readonly definition: WorkflowDefinition;
}

/**
 * The definitions that a module exports, by themselves or in lists. Its other exports are its own affair.
 *
 * @throws {CliError} when it cannot be loaded, exports none, or exports a workflow that cannot be run as it is
 */
export async function loadModule(path: string): Promise<readonly ExportedDefinition[]> {
  const exported = Object.entries(await importModule(path)).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((each, index): [string, unknown] => [`${name}[${index}]`, each])
      : [[name, value] as [string, unknown]]
  );
  const found: ExportedDefinition[] = [];
  for (const [name, value] of exported) {
    const place = `${path}, export "${name}"`;
    if (isBuilder(value)) {
      throw new CliError(
        `${place}: Cannot run a workflow that is not built: end it with .build("name", 1)`,
      );
    }
    if (!isDefinition(value)) continue;
    const lacks = value.steps.find(({ type }) => type === "code");
    if (lacks && getCode(value).steps.size === 0) {
      throw new CliError(
        `${place}: Cannot run workflow "${value.id}": the code of its step "${lacks.key}" is not known here, for it was built by another copy of ${config.name}; import version ${config.version} in the module, from where this command comes`,
      );
    }
    found.push({ place, definition: value });
  }
  if (found.length > 0) return found;
  const names = exported.map(([name]) => `"${name}"`).join(", ");
  throw new CliError(
    `${path}: Cannot find a workflow in the module: it exports ${
      names || "nothing"
    }; export what .build(…) returns, by itself or in a list`,
  );
}

async function importModule(path: string): Promise<object> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    return await import(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const { message } = error as Error;
    throw new CliError(`${placeOf(error, path)}: Cannot load the module: ${message}`, undefined, {
      cause: error,
    });
  }
}

/** The module, with line and column where it threw. Errors of loading name their place themselves. */
function placeOf(error: unknown, path: string): string {
  const { stack = "" } = error as Error;
  const found = stack.split("\n").find((line) => line.includes(pathToFileURL(resolve(path)).href));
  const at = found && /(:\d+:\d+)\)?$/.exec(found)?.[1];
  return path + (at ?? "");
}

function isDefinition(value: unknown): value is WorkflowDefinition {
  return typeof value === "object" && value !== null && "id" in value && "version" in value &&
    "steps" in value && Array.isArray(value.steps);
}

/** Of whatever copy of the engine. */
function isBuilder(value: unknown): boolean {
  return typeof value === "object" && value !== null && "build" in value && "startWith" in value;
}
