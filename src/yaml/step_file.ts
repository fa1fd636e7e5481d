import { FileProblem } from "./file_problem.ts";
import { readText } from "./read_text.ts";

/** A file that a step names, to be read when its workflow is loaded. */
export interface StepFile {
  /** Its path: absolute, or relative to the working folder of the process. */
  readonly path: string;
  /** What the step names: a path that counts from the folder of the workflow file. */
  readonly name: string;
  /** Path of the workflow file. */
  readonly workflow: string;
  /** The type of the step. */
  readonly type: string;
}

/** What stands for a file in a definition. */
export interface StepText {
  /** The file's own text, or what was made of it and of what it imports. */
  readonly text: string;
  /** Where a text that was made comes from. */
  readonly sourceMap?: TextSources;
}

/** The part of a source map, version 3, that tells of each place in a text where it comes from. */
export interface TextSources {
  /** The files that it was made of, relative to the folder of the workflow file; of packages `npm:name@version/file`. */
  readonly sources: readonly string[];
  /** The `mappings` of the source map. */
  readonly mappings: string;
}

/**
 * Gives what stands for a file in a definition. {@linkcode readStepFile} is one, and `scriptBundler()` of
 * `@wfe/engine/script` makes one.
 *
 * @throws {FileProblem} when the file cannot be used: it is reported where the step names the file
 */
export type ReadStepFile = (file: StepFile) => Promise<StepText>;

/**
 * Reads the file that a step names: at most 1 MiB in UTF-8. Line ends become LF and a byte order mark is left out, as
 * in the workflow file.
 *
 * @throws {FileProblem} when there is none, it is a folder, a pipe or a device, too large, or no text
 * @throws {Deno.errors.NotCapable} without read permission for it
 */
export async function readStepFile({ path }: Pick<StepFile, "path">): Promise<StepText> {
  await refusePipe(path);
  const text = (await readText(path)).replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const nul = text.indexOf("\0");
  if (nul < 0) return { text };
  const line = text.slice(0, nul).split("\n").length;
  throw new FileProblem(`its line ${line} holds a NUL character`, "Name a text file, and no program.");
}

/** Whether a text can name a file when a workflow is loaded: expressions have no values yet. */
export function isFilePath(text: string): boolean {
  return text.trim() !== "" && !text.includes("${{") && !text.includes("\0");
}

/** Opening a pipe would wait for who writes to it, and some devices never end. What is not there, reading tells. */
async function refusePipe(path: string): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info === undefined || info.isFile || info.isDirectory) return;
  throw new FileProblem("it is a pipe or a device", "Name a plain file.");
}
