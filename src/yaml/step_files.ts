import { dirname, isAbsolute, join } from "node:path";
import { definitionLimit } from "../definition/hash.ts";
import { FileProblem } from "./file_problem.ts";
import { type Node, nodeAt } from "./node.ts";
import { maxBytes } from "./read_text.ts";
import { isFilePath, type ReadStepFile, type StepFile } from "./step_file.ts";
import type { StepType } from "./step_type.ts";

/** Of each step that names a file, by its place among the steps: the file's text, or what is wrong with it. */
export type StepFiles = ReadonlyMap<number, string | FileProblem>;

/** Bytes of JSON that all files may have together; the rest of a definition is for the workflow file. */
const mostBytes = definitionLimit - maxBytes;

/**
 * Reads the files that the steps of a workflow name, which lie beside the workflow file.
 *
 * @param root the workflow file's tree
 * @param workflowFile its path
 * @param types the step types that it may name, the default one first
 */
export async function readStepFiles(
  root: Node,
  workflowFile: string,
  types: readonly StepType[],
  read: ReadStepFile,
): Promise<StepFiles> {
  const texts = new Map<number, string | FileProblem>();
  const folder = dirname(workflowFile);
  const steps = nodeAt(root, ["workflow", "steps"]);
  let bytes = 0;
  for (const [index, step] of (steps?.kind === "list" ? steps.items : []).entries()) {
    const named = fileOf(step, types);
    if (named === undefined) continue;
    const path = isAbsolute(named.path) ? named.path : join(folder, named.path);
    const text = await textOrProblem({ ...named, path }, read);
    if (typeof text === "string") bytes += new TextEncoder().encode(JSON.stringify(text)).length;
    texts.set(index, bytes > mostBytes ? tooMuch() : text);
  }
  return texts;
}

/** What a step names, where it is fit for a path; of what is not, its type tells. */
function fileOf(step: Node, types: readonly StepType[]): StepFile | undefined {
  const name = nodeAt(step, ["type"]);
  const type = name ? types.find(({ type }) => name.kind === "scalar" && name.value === type) : types[0];
  if (type?.fileKey === undefined) return undefined;
  const path = nodeAt(step, ["config", type.fileKey]);
  if (path?.kind !== "scalar" || typeof path.value !== "string" || !isFilePath(path.value)) return undefined;
  return { path: path.value, type: type.type };
}

async function textOrProblem(file: StepFile, read: ReadStepFile): Promise<string | FileProblem> {
  try {
    return await read(file);
  } catch (error) {
    if (error instanceof FileProblem) return error;
    throw error;
  }
}

function tooMuch(): FileProblem {
  return new FileProblem(
    `with it, the files of the workflow have more than ${mostBytes} bytes together (3 MiB)`,
    "Split the workflow, or let a step run the file by its path.",
  );
}
