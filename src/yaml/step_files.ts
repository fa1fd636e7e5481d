import { dirname, isAbsolute, join } from "node:path";
import { bytesOf } from "../definition/bytes_of.ts";
import { definitionLimit } from "../definition/hash.ts";
import { FileProblem } from "./file_problem.ts";
import { type Node, nodeAt } from "./node.ts";
import { maxBytes } from "./read_text.ts";
import {
  isFilePath,
  type ReadStepFile,
  type StepFile,
  type StepText,
  type TextSources,
} from "./step_file.ts";
import type { StepType } from "./step_type.ts";

/** What stands for a file, or what is wrong with it. */
export type StepContent = StepText | FileProblem;

/** Of each step that names a file, by its place among the steps, what came of the file. */
export type StepFiles = ReadonlyMap<number, StepContent>;

/** Bytes of JSON that all files may have together; the rest of a definition is for the workflow file. */
const mostBytes = definitionLimit - maxBytes;

/** Most files that are read at once: bundling a script takes a process. */
const atOnce = 4;

/**
 * Reads the files that the steps of a workflow name, which lie beside the workflow file. What several steps of a type
 * name is read once.
 *
 * @param root the workflow file's tree
 * @param workflow its path
 * @param types the step types that it may name, the default one first
 */
export async function readStepFiles(
  root: Node,
  workflow: string,
  types: readonly StepType[],
  read: ReadStepFile,
): Promise<StepFiles> {
  const named = namedFiles(root, workflow, types);
  const contents = await readEach(new Map(named.map(([, file]) => [idOf(file), file])), read);
  let bytes = 0;
  return new Map(named.map(([step, file]) => {
    const content = contents.get(idOf(file))!;
    if (content instanceof FileProblem) return [step, content];
    bytes += sizeOf(content.text) + (content.sourceMap ? sizeOf(content.sourceMap) : 0);
    return [step, bytes > mostBytes ? tooMuch() : content];
  }));
}

/** What steps name, where it is fit for a path; of what is not, their type tells. */
function namedFiles(root: Node, workflow: string, types: readonly StepType[]): [step: number, StepFile][] {
  const folder = dirname(workflow);
  const steps = nodeAt(root, ["workflow", "steps"]);
  return (steps?.kind === "list" ? steps.items : []).flatMap((step, index): [number, StepFile][] => {
    const written = nodeAt(step, ["type"]);
    const type = written
      ? types.find(({ type }) => written.kind === "scalar" && written.value === type)
      : types[0];
    if (type?.fileKey === undefined) return [];
    const file = nodeAt(step, ["config", type.fileKey]);
    if (file?.kind !== "scalar" || typeof file.value !== "string" || !isFilePath(file.value)) return [];
    const name = file.value;
    return [[index, { path: isAbsolute(name) ? name : join(folder, name), name, workflow, type: type.type }]];
  });
}

/** One file may be another text for steps of another type. */
function idOf({ type, name }: StepFile): string {
  return JSON.stringify([type, name]);
}

async function readEach(
  files: ReadonlyMap<string, StepFile>,
  read: ReadStepFile,
): Promise<ReadonlyMap<string, StepContent>> {
  const contents = new Map<string, StepContent>();
  const left = files.entries();
  // They share the entries that are left.
  const readOnes = async () => {
    for (const [id, file] of left) contents.set(id, await contentOrProblem(file, read));
  };
  await Promise.all(Array.from({ length: atOnce }, readOnes));
  return contents;
}

async function contentOrProblem(file: StepFile, read: ReadStepFile): Promise<StepContent> {
  try {
    return await read(file);
  } catch (error) {
    if (error instanceof FileProblem) return error;
    throw error;
  }
}

/** Bytes that it takes in a definition. */
function sizeOf(value: string | TextSources): number {
  return bytesOf(JSON.stringify(value));
}

function tooMuch(): FileProblem {
  return new FileProblem(
    `with it, the files of the workflow have more than ${mostBytes} bytes together (3 MiB)`,
    "Split the workflow, let a shell step run the file by its path, or let a script import less.",
  );
}
