import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BundleTask, refuse, runFor } from "./bundle_task.ts";
import { importsOf, type ModuleGraph, type ModuleImport, readGraph } from "./module_graph.ts";
import { readDenoError } from "./run_deno.ts";

/** What needs a version that is written down: the same text has to come of it tomorrow. */
const isExternal = /^(?:npm|jsr|https?):/;

/**
 * What a script imports, as Deno resolves it, checked.
 *
 * @throws {FileProblem} for the first import that cannot become a part of the script, and for a syntax error
 */
export async function checkedGraph(task: BundleTask): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await runFor(task, ["info", "--json", task.path]);
  if (!success) return await refuseUnlocked(task, stderr);
  const graph = readGraph(stdout);
  const imports = importsOf(graph);
  for (const found of imports) {
    if (found.error !== undefined) refuseUnresolved(task, found);
    if (task.project.config === undefined && isExternal.test(found.mapped ?? "")) refuseImport(task, found);
  }
  for (const { specifier, error } of graph.modules) {
    const from = imports.find(({ target }) => target === specifier);
    if (error !== undefined) refuseBroken(task, error, from);
    if (!specifier.startsWith("file:")) continue;
    const what = from === undefined ? "it" : `it imports ${JSON.stringify(from.written)}, which`;
    refuseOutside(task, fileURLToPath(specifier), what, from?.place);
  }
  return graph;
}

/**
 * Refuses a file beyond the project, by its name or over a symbolic link: what is in it would be in the script, whatever
 * the script may read. `what` names it, as the subject of a sentence.
 */
export function refuseOutside(task: BundleTask, path: string, what: string, place?: string): void {
  const { folder } = task.project;
  const within = relative(Deno.realPathSync(folder), Deno.realPathSync(path));
  if (within !== ".." && !within.startsWith("../") && !isAbsolute(within)) return;
  refuse(
    task,
    `${what} lies outside of ${folder}`,
    place,
    "Keep what a script is made of in the folder of the workflow file, or in that of the deno.json above it.",
  );
}

function refuseBroken(task: BundleTask, error: string, from: ModuleImport | undefined): never {
  const { message, place } = readDenoError(error);
  if (place !== undefined) refuse(task, message, place);
  const isMissing = /^Module not found/.test(message);
  if (from === undefined && isMissing) {
    refuse(task, "there is no such file", undefined, "Its path counts from the folder of the workflow file.");
  }
  const why = isMissing
    ? "does not exist"
    : message.startsWith("Requires import access")
    ? "is on a host that Deno imports nothing from by itself"
    : `cannot be read: ${message}`;
  if (from === undefined) refuse(task, `it ${why}`, undefined);
  refuse(task, `it imports ${JSON.stringify(from.written)}, which ${why}`, from.place);
}

function refuseUnresolved(task: BundleTask, { written, error, place }: ModuleImport): never {
  const isBare = error!.includes("not a dependency");
  refuse(
    task,
    `it imports ${JSON.stringify(written)}, ${isBare ? "which no deno.json names" : `and ${error}`}`,
    place,
    isBare ? `If it is a package, run in the project: deno add npm:${packageOf(written)}` : undefined,
  );
}

function refuseImport(task: BundleTask, { written, place }: ModuleImport): never {
  const add = /^(?:npm|jsr):/.test(written)
    ? `deno add ${written}`
    : "deno install --entrypoint with the script";
  refuse(
    task,
    `it imports ${JSON.stringify(written)}, which no deno.lock holds`,
    place,
    `Run in the project, where deno.json is or shall be: ${add}`,
  );
}

/** With a lock file that lacks something Deno reads nothing, and names no place. */
async function refuseUnlocked(task: BundleTask, printed: string): Promise<never> {
  const { config } = task.project;
  if (config !== undefined && printed.includes("lockfile is out of date")) {
    const flags = [`--config=${config}`, "--no-lock"];
    const { success, stdout } = await runFor(task, ["info", "--json", task.path], flags);
    const lacking = new Set(
      Array.from(printed.matchAll(/\+ +"((?:npm|jsr|https?):[^"]+)"/g), ([, name]) => name!),
    );
    const imports = success ? importsOf(readGraph(stdout)) : [];
    const found = imports.find(({ mapped }) => lacking.has(mapped ?? "")) ??
      imports.find(({ mapped }) => isExternal.test(mapped ?? ""));
    if (found !== undefined) refuseImport(task, found);
  }
  const { message, place } = readDenoError(printed);
  refuse(task, `Deno says: ${message}`, place);
}

function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}
