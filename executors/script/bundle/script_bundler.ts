import { dirname, relative, resolve } from "node:path";
import { FileProblem } from "../../../src/yaml/file_problem.ts";
import { type ReadStepFile, readStepFile, type StepText } from "../../../src/yaml/step_file.ts";
import { type BundleTask, refuse, runFor } from "./bundle_task.ts";
import { checkedGraph, refuseOutside } from "./checked_graph.ts";
import type { ModuleGraph } from "./module_graph.ts";
import { findProject } from "./project.ts";
import { readDenoError } from "./run_deno.ts";
import { splitBundle } from "./split_bundle.ts";

/** Options of {@linkcode scriptBundler}. */
export interface ScriptBundlerOptions {
  /**
   * The Deno executable that reads scripts.
   * @default "deno", from the PATH
   */
  readonly deno?: string;
  /**
   * Reads the files that steps of other types name.
   * @default {@linkcode readStepFile}
   */
  readonly readFile?: ReadStepFile;
}

/**
 * Makes what reads the scripts that steps name by `file`: `deno bundle` makes one module of the file, of all that it
 * imports from its project, and of the packages that the project's `deno.lock` holds. The sandbox then loads nothing.
 *
 * The project is the folder of the next `deno.json` above the workflow file, else the folder of that file. What lies
 * outside is refused: it could be read by a script that may not read it. No code of the script or of a package runs.
 *
 * Needs `--allow-run=deno`, and `--allow-read` of the project. Deno fetches packages that are locked and not yet in its
 * cache, and once the bundler that it uses, esbuild.
 *
 * @returns the option `readFile` of `loadWorkflow()`
 *
 * @example Usage
 * ```ts ignore
 * import { scriptBundler } from "@wfe/engine/script";
 * import { loadWorkflow } from "@wfe/engine/yaml";
 *
 * const definition = await loadWorkflow("deploy.yaml", {}, { readFile: scriptBundler() });
 * ```
 */
export function scriptBundler(
  { deno = "deno", readFile = readStepFile }: ScriptBundlerOptions = {},
): ReadStepFile {
  return async (file) => {
    if (file.type !== "deno") return await readFile(file);
    const { path, name, workflow } = file;
    if (!isBelow(name)) {
      throw new FileProblem(
        "it must be the path of a file in the folder of the workflow file or below, without ..",
        'Name the file relative to the workflow file, like "steps/report.ts".',
      );
    }
    const folder = dirname(resolve(workflow));
    return await bundle({ path: resolve(path), folder, project: findProject(workflow), deno });
  };
}

/** Whether a path, as a step names it, stays below the folder of the workflow file. */
function isBelow(name: string): boolean {
  return !/^(?:[/~]|[A-Za-z]:|[a-z][a-z0-9+.-]+:)|\\|\p{Cc}/iu.test(name) && !name.split("/").includes("..");
}

async function bundle(task: BundleTask): Promise<StepText> {
  const graph = await checkedGraph(task);
  const options = ["--format=esm", "--platform=deno", "--sourcemap=inline"] as const;
  const { success, stdout, stderr } = await runFor(task, ["bundle", ...options, task.path]);
  if (!success) refuseBundle(task, stderr);
  const split = splitBundle(stdout);
  const packages = packageFolders(task, graph);
  for (const source of split.sources) {
    if (!/^https?:/.test(source) && packages.every(([folder]) => !source.startsWith(`${folder}/`))) {
      refuseOutside(task, resolve(task.folder, source), `it comes to hold ${JSON.stringify(source)}, which`);
    }
  }
  // Where packages lie depends on the machine; the same scripts shall be the same definition everywhere.
  const portable = (text: string) =>
    packages.reduce((text, [folder, name]) => text.replaceAll(`${folder}/`, `npm:${name}/`), text);
  return {
    text: portable(split.text),
    sourceMap: { sources: split.sources.map(portable), mappings: split.mappings },
  };
}

/** The folders of packages, relative to that of the workflow file, and their names with version. */
function packageFolders({ folder }: BundleTask, { npmPackages }: ModuleGraph): readonly [string, string][] {
  return Object.entries(npmPackages).flatMap(([name, { localPath }]) =>
    localPath === undefined ? [] : [[relative(folder, localPath), name] as [string, string]]
  );
}

function refuseBundle(task: BundleTask, printed: string): never {
  const { message, place } = readDenoError(printed);
  // Of its bundler, Deno counts columns from 0.
  const counted = place?.replace(/\d+$/, (column) => String(Number(column) + 1));
  if (!message.includes("@esbuild")) refuse(task, message, counted);
  refuse(
    task,
    `Deno cannot fetch the bundler that it uses: ${message}`,
    undefined,
    "Run deno bundle once where there is a network; Deno then keeps it in its cache.",
  );
}
