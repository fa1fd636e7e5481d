/**
 * Proves that imports point one way: reads the module graph of every entry point from `deno info --json` and holds
 * each import against the table below. Also proves that the core reaches no npm module.
 *
 * @module
 */

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: Target; readonly type?: Target }[];
}

interface Target {
  readonly specifier?: string;
}

const source = ["src/definition", "src/instance", "src/provider"];
const core = [...source, "src/flow", "src/memory", "src/engine"];

/** Each layer and those it may import; a layer may always import itself. The first that fits a path counts. */
const layers: readonly (readonly [layer: string, mayImport: readonly string[]])[] = [
  ["src/definition", []],
  ["src/instance", ["src/definition"]],
  ["src/steps", ["src/definition", "src/instance"]],
  ["src/flow", ["src/definition", "src/instance", "src/steps"]],
  ["src/provider", ["src/definition", "src/instance"]],
  ["src/memory", source],
  ["src/engine", [...source, "src/flow", "src/memory"]],
  ["src/yaml", ["src/definition"]],
  ["src/testing", [...core, "mod.ts"]],
  ["mod.ts", core],
  ["providers/", source],
  ["executors/", ["src/definition", "src/yaml"]],
  ["deno.json", []],
  ["cli/", ["deno.json", "mod.ts", ...source, "src/engine", "src/yaml", "providers/", "executors/"]],
];

/** Layers that must not reach npm, neither themselves nor by what they import. */
const withoutNpm = ["src/steps", ...core, "mod.ts"];

const root = new URL("../", import.meta.url).href;

async function readGraph(entry: string): Promise<readonly ModuleInfo[]> {
  const command = new Deno.Command("deno", { args: ["info", "--json", entry], cwd: new URL(root) });
  const { code, stdout, stderr } = await command.output();
  if (code !== 0) throw new Error(`deno info ${entry} failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function layerOf(path: string): string | undefined {
  return layers.find(([layer]) => path.startsWith(layer))?.[0];
}

function problemsOf(module: ModuleInfo): string[] {
  const path = module.specifier.slice(root.length);
  const layer = layerOf(path);
  if (layer === undefined) return [`${path}: belongs to no layer; add it to scripts/layers.ts`];
  const allowed = layers.find(([name]) => name === layer)![1];
  const targets = (module.dependencies ?? []).flatMap(({ code, type }) => [code?.specifier, type?.specifier]);
  return [...new Set(targets)].flatMap((target) => {
    if (target === undefined || target.startsWith("node:")) return [];
    if (!target.startsWith(root)) {
      return withoutNpm.includes(layer) ? [`${path}: imports ${target}, but ${layer} is without npm`] : [];
    }
    const other = layerOf(target.slice(root.length));
    return other === layer || allowed.includes(other ?? "")
      ? []
      : [`${path}: imports ${target.slice(root.length)}, against the layers`];
  });
}

const manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const entries = Object.values<string>(manifest.exports);
const modules = new Map<string, ModuleInfo>();
for (const entry of entries) {
  for (const module of await readGraph(entry)) modules.set(module.specifier, module);
}
const own = [...modules.values()].filter(({ specifier }) => specifier.startsWith(root));
const problems = own.flatMap(problemsOf);
problems.forEach((problem) => console.error(problem));
console.log(`layers: ${own.length} modules, ${problems.length} imports against the layers`);
if (problems.length > 0) Deno.exit(1);
