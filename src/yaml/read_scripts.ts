import { type Node, nodeAt } from "./node.ts";
import {
  isScriptPath,
  type ReadScript,
  type ScriptBundle,
  ScriptFileError,
  scriptType,
} from "./script_file.ts";

/** What came of each script that a workflow file names by `file`, by its path as it is written. */
export type ReadScripts = ReadonlyMap<string, ScriptBundle | ScriptFileError>;

/** Most that are read at once: each takes a process. */
const atOnce = 4;

/** Reads the scripts that the `deno` steps of a workflow file name, each once. */
export async function readScripts(root: Node, workflow: string, read: ReadScript): Promise<ReadScripts> {
  const results = new Map<string, ScriptBundle | ScriptFileError>();
  const left = [...new Set(scriptFiles(root))];
  const readOnes = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      results.set(file, await read(file, workflow).catch(asResult));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, readOnes));
  return results;
}

function scriptFiles(root: Node): string[] {
  const steps = nodeAt(root, ["workflow", "steps"]);
  if (steps?.kind !== "list") return [];
  return steps.items.flatMap((step) => {
    const type = nodeAt(step, ["type"]);
    const file = nodeAt(step, ["config", "file"]);
    if (type?.kind !== "scalar" || type.value !== scriptType || file?.kind !== "scalar") return [];
    return typeof file.value === "string" && isScriptPath(file.value) ? [file.value] : [];
  });
}

function asResult(error: unknown): ScriptFileError {
  if (error instanceof ScriptFileError) return error;
  throw error;
}
