import { dirname, relative, resolve } from "node:path";
import { definitionLimit } from "../../../src/definition/hash.ts";
import type { ReadScript, ScriptBundle } from "../../../src/yaml/script_file.ts";
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
 * @returns the option `readScript` of `loadWorkflow()`
 *
 * @example Usage
 * ```ts ignore
 * import { scriptBundler } from "@wfe/engine/script";
 * import { loadWorkflow } from "@wfe/engine/yaml";
 *
 * const definition = await loadWorkflow("deploy.yaml", {}, { readScript: scriptBundler() });
 * ```
 */
export function scriptBundler({ deno = "deno" }: ScriptBundlerOptions = {}): ReadScript {
  return (script, workflow) => {
    const folder = dirname(resolve(workflow));
    return bundle({ script, path: resolve(folder, script), folder, project: findProject(workflow), deno });
  };
}

async function bundle(task: BundleTask): Promise<ScriptBundle> {
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
  const { mappings } = split;
  const made = { text: portable(split.text), sources: split.sources.map(portable), mappings };
  refuseLarge(task, made);
  return made;
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

function refuseLarge(task: BundleTask, { text, mappings }: ScriptBundle): void {
  const bytes = new TextEncoder().encode(text).byteLength + mappings.length;
  if (bytes <= definitionLimit) return;
  refuse(
    task,
    `with all that it imports it has ${bytes} bytes, and a definition may have ${definitionLimit}`,
    undefined,
    "Import less: a part of a package, or one that is smaller.",
  );
}
