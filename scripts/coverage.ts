/**
 * Runs the unit tests of the pure part of the engine and lists the branches that none of them takes. Fails where there
 * is one in the folders that must have none, or a file of them with code that no test loads.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";

/** Every branch of these is taken. */
const complete = ["src/definition", "src/instance"];

/** What is measured beside them, and only told. */
const told = ["src/steps", "src/flow"];

/** What is run. */
const tests = [...complete, ...told, "src/yaml/builder_shape_test.ts"];

const root = new URL("../", import.meta.url);
const decoder = new TextDecoder();

async function deno(...args: readonly string[]): Promise<string> {
  const command = new Deno.Command("deno", { args: [...args], cwd: root, env: { NO_COLOR: "1" } });
  const { code, stdout, stderr } = await command.output();
  if (code === 0) return decoder.decode(stdout);
  console.error(decoder.decode(stdout) + decoder.decode(stderr));
  throw new Error(`deno ${args[0]} failed with exit code ${code}`);
}

/** A branch, as the report of coverage has it. */
interface Branch {
  readonly path: string;
  readonly line: number;
  readonly isTaken: boolean;
}

/** Reads what `deno coverage --lcov` writes: the files that were loaded, and their branches. */
function readReport(report: string): { readonly loaded: ReadonlySet<string>; readonly branches: Branch[] } {
  const loaded = new Set<string>();
  const branches: Branch[] = [];
  let path = "";
  for (const line of report.split("\n")) {
    const [kind, rest = ""] = line.split(/:(.*)/);
    if (kind === "SF") loaded.add(path = rest.slice(decodeURI(root.pathname).length));
    if (kind !== "BRDA") continue;
    const [start, , , count] = rest.split(",");
    branches.push({ path, line: Number(start), isTaken: Number(count) > 0 });
  }
  return { loaded, branches };
}

/** The files of a folder that are part of the package. */
async function* sourcesOf(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesOf(path);
    else if (name.endsWith(".ts") && !/^testing_|_test\.ts$/.test(name)) yield path;
  }
}

/** Whether anything is left of a file once its types are gone. */
function hasCode(source: string): boolean {
  const code = stripTypeScriptTypes(source).replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
  return code.replaceAll(/^\s*(?:import|export)\s*(?:\{[^}]*\}\s*(?:from\s*)?)?(?:"[^"]*")?;/gm, "")
    .trim() !== "";
}

const raw = await Deno.makeTempDir();
let report: string;
try {
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env", "--allow-run=deno"];
  await deno("test", ...permissions, `--coverage=${raw}`, "--coverage-raw-data-only", ...tests);
  report = await deno("coverage", "--lcov", raw);
} finally {
  await Deno.remove(raw, { recursive: true });
}

const { loaded, branches } = readReport(report);
let isIncomplete = false;
for (const folder of [...complete, ...told]) {
  const mustBeComplete = complete.includes(folder);
  const files: string[] = [];
  for await (const path of sourcesOf(folder)) files.push(path);
  const inside = branches.filter(({ path }) => files.includes(path));
  const missed = inside.filter(({ isTaken }) => !isTaken);
  for (const path of files.sort()) {
    const source = await Deno.readTextFile(new URL(path, root));
    const lines = source.split("\n");
    const places = new Set(missed.filter((branch) => branch.path === path).map(({ line }) => line));
    for (const line of places) console.log(`${path}:${line}: not taken: ${lines[line - 1]?.trim()}`);
    const isUnknown = !loaded.has(path) && hasCode(source);
    if (isUnknown) console.log(`${path}: loaded by no test`);
    if (mustBeComplete && (places.size > 0 || isUnknown)) isIncomplete = true;
  }
  console.log(`${folder}: ${inside.length - missed.length} of ${inside.length} branches taken`);
}
if (isIncomplete) {
  console.error(`Every branch of ${complete.join(" and ")} must be taken by a test, or be removed`);
  Deno.exit(1);
}
