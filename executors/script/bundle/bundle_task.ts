import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { FileProblem } from "../../../src/yaml/file_problem.ts";
import { type DenoOutput, runDeno } from "./run_deno.ts";
import { projectFlags, type ScriptProject } from "./project.ts";

/** What all that is done with one script has in common. */
export interface BundleTask {
  /** Path of the script, absolute. */
  readonly path: string;
  /** The folder of the workflow file, absolute. */
  readonly folder: string;
  /** The project that it belongs to. */
  readonly project: ScriptProject;
  /** The Deno executable. */
  readonly deno: string;
}

/**
 * Runs a command of Deno in the folder of the workflow file.
 *
 * @throws {FileProblem} where there is no Deno
 * @throws {Deno.errors.NotCapable} where it may not be run
 */
export async function runFor(
  { project, folder, deno }: BundleTask,
  [command, ...args]: readonly [string, ...string[]],
  flags: readonly string[] = projectFlags(project),
): Promise<DenoOutput> {
  try {
    return await runDeno(deno, folder, [command, "--quiet", ...flags, ...args]);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    const remedy = "Put deno on the PATH, or give the option deno of scriptBundler().";
    throw new FileProblem(`there is no ${deno} to read it`, remedy, { cause });
  }
}

/** The error for what is wrong with a script or what it imports. `place` begins with the address of the file. */
export function refuse(task: BundleTask, why: string, place: string | undefined, remedy?: string): never {
  throw new FileProblem(place === undefined ? why : `${why} (${shownPlace(task, place)})`, remedy);
}

/** `file:///a/steps/b.ts:1:2` as `steps/b.ts:1:2`. */
function shownPlace({ folder }: BundleTask, place: string): string {
  const [, url, position] = /^(.*?)(:\d+:\d+)$/.exec(place)!;
  return URL.canParse(url!) && url!.startsWith("file:")
    ? relative(folder, fileURLToPath(url!)) + position
    : place;
}
