import { deepEqual, doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { storeDefinition } from "../../../src/definition/hash.ts";
import { loadWorkflow, WorkflowSyntaxError } from "../../../src/yaml/mod.ts";
import type { ScriptConfig } from "../../../src/yaml/step_types/script.ts";
import { runScript } from "../../../tests/run_script.ts";
import { scriptBundler, type ScriptError } from "../../script.ts";
import { atOriginalPlace } from "./original_place.ts";

/** A package that is in Deno's cache, because the engine has it. */
const name = "fastest-levenshtein@1.0.16";
const lock = JSON.stringify({
  version: "5",
  specifiers: { [`npm:${name}`]: "1.0.16" },
  npm: {
    [name]: {
      integrity:
        "sha512-eRnCtTTtGZFpQCwhJiUOuxPQWRXVKYDn0b2PeHfXL6/Zi53SLAzAHfVhVWK2AryC/WH05kGfxhFIPvTF0SXQzg==",
    },
  },
  workspace: { dependencies: [`npm:${name}`] },
});
const manifest = JSON.stringify({ imports: { levenshtein: `npm:${name}` } });

/** A folder with these files, and `a.yaml` with a step for each script, for the time of a test. */
function project(files: Readonly<Record<string, string>>, ...scripts: readonly string[]) {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "wfe-bundle-" }));
  const write = (name: string, text: string) => {
    const path = `${folder}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const steps = scripts.map((file, index) =>
    `    - { name: S${index}, type: deno, config: { file: ${file} } }\n`
  );
  write("ci/a.yaml", `workflow:\n  id: a\n  version: 1\n  steps:\n${steps.join("")}`);
  const load = () => loadWorkflow(`${folder}/ci/a.yaml`, {}, { readFile: scriptBundler() });
  const configs = async () => (await load()).steps.map(({ config }) => config as unknown as ScriptConfig);
  return {
    folder,
    write,
    load,
    configs,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** What is wrong with each step of a project, in the order of the file. */
async function problemsOf(
  files: Readonly<Record<string, string>>,
  ...scripts: readonly string[]
): Promise<string[]> {
  using made = project(files, ...scripts);
  try {
    await made.load();
    return [];
  } catch (error) {
    if (!(error instanceof WorkflowSyntaxError)) throw error;
    return error.problems.map(({ line, message, remedy }) =>
      `${line}: ${message.replaceAll(made.folder, "FOLDER")} | ${remedy}`
    );
  }
}

Deno.test("a script in a file runs with its files, data and locked packages, and loads none of them", async () => {
  using made = project({
    "deno.json": manifest,
    "deno.lock": lock,
    "ci/steps/a.ts": `import { distance } from "levenshtein";
import { shout } from "../../lib/shout.ts";
import type { Text } from "../../lib/text.d.ts";
import table from "./table.json" with { type: "json" };
import words from "./words.txt" with { type: "text" };
import { join } from "node:path";
const a: Text = shout(join("a", "b"));
const { late } = await import("./late.ts");
Wfe.setOutput("all", [a, distance("kitten", "sitting"), table.value, words, late]);`,
    "ci/steps/table.json": `{ "value": 5 }`,
    "ci/steps/words.txt": "two words",
    "ci/steps/late.ts": "export const late: boolean = true;",
    "lib/text.d.ts": "export type Text = string;",
    "lib/shout.ts": "export function shout(text: string): string { return text.toUpperCase(); }",
  }, "steps/a.ts");
  const [config] = await made.configs();
  const { data, error } = await runScript(config!.script.text);
  deepEqual([error, data], [undefined, { all: ["A/B", 3, 5, "two words", true] }]);
  deepEqual(
    new Set(config!.source_map!.sources),
    new Set([
      `npm:${name}/esm/mod.js`,
      "../lib/shout.ts",
      ...["a.ts", "table.json", "words.txt", "late.ts"].map((file) => `steps/${file}`),
    ]),
  );
});

Deno.test("the same scripts are the same definition, wherever they and Deno's cache lie", async () => {
  const files = {
    "deno.json": manifest,
    "deno.lock": lock,
    "ci/a.ts": `import { distance } from "levenshtein"; Wfe.log(distance("a", "b"));`,
  };
  using one = project(files, "a.ts");
  using other = project(files, "a.ts");
  const { hash, content } = storeDefinition(await one.load());
  equal(storeDefinition(await other.load()).hash, hash);
  doesNotMatch(content, /\.cache|wfe-bundle/);
  other.write("ci/a.ts", "Wfe.log(5);");
  doesNotMatch(storeDefinition(await other.load()).hash, new RegExp(hash));
});

Deno.test("an error in a bundled script tells its own file, line and column", async () => {
  using made = project({
    "ci/a.ts": `import { check } from "./lib/check.ts";
interface Row { readonly price: number }

function each(row: Row): void { check(row.price); }
each({ price: -1 });`,
    "ci/lib/check.ts": `export function check(price: number): void {
  if (price < 0) throw new RangeError("too low");
}`,
  }, "a.ts");
  const [config] = await made.configs();
  const { error } = await runScript(config!.script.text);
  const told = atOriginalPlace(error as ScriptError, config!);
  equal(told.message, "RangeError: too low (lib/check.ts:2:24)");
  deepEqual([told.file, told.line, told.column, told.reason], ["lib/check.ts", 2, 24, "threw"]);
  match(
    told.stack!,
    /^ScriptError: .*\n {4}at check \(lib\/check\.ts:2:24\)\n {4}at each \(a\.ts:4:33\)\n {4}at a\.ts:5:1$/,
  );
});

Deno.test("what a script cannot be made of is told with its place and the way out", async () => {
  const problems = await problemsOf(
    {
      "deno.json": manifest,
      "deno.lock": lock,
      "ci/missing.ts": `import "./lib/deep.ts";`,
      "ci/lib/deep.ts": `export {};\nimport "./none.ts";`,
      "ci/syntax.ts": "const a = 1;\nlet b: = 2;",
      "ci/bare.ts": `import "lodash/fp";`,
      "ci/unlocked.ts": `export {};\nimport x from "npm:left-pad@1.3.0"; x;`,
      "ci/host.ts": `import "https://example.com/x.ts";`,
      "ci/name.ts": `import { nope } from "./lib/name.ts"; nope;`,
      "ci/lib/name.ts": "export const name = 5;",
    },
    ...["none.ts", "missing.ts", "syntax.ts", "bare.ts", "unlocked.ts", "host.ts", "name.ts", "lib"],
  );
  const told = [
    /^5: Cannot use "file": there is no such file, received "none\.ts" \| Its path counts from the folder of the workflow/,
    /^6: .*: it imports "\.\/none\.ts", which does not exist \(lib\/deep\.ts:2:8\), received "missing\.ts" \|/,
    /^7: .*: SyntaxError: Unexpected token `=`.* \(syntax\.ts:2:8\), .* \|/,
    /^8: .*: it imports "lodash\/fp", which no deno\.json names \(bare\.ts:1:8\), .* \| .*: deno add npm:lodash$/,
    /^9: .*: it imports "npm:left-pad@1\.3\.0", which no deno\.lock holds \(unlocked\.ts:2:15\), .* \| .*deno add npm:left-pad@1\.3\.0$/,
    /^10: .*: it imports "https:\/\/example\.com\/x\.ts", which is on a host .* \(host\.ts:1:8\), .* \|/,
    /^11: .*: No matching export in "lib\/name\.ts" for import "nope" \(name\.ts:1:10\), .* \|/,
    /^12: Cannot use "file": it cannot be read: .*Directory import/,
  ];
  equal(problems.length, told.length, problems.join("\n"));
  told.forEach((pattern, index) => match(problems[index]!, pattern));
});

Deno.test("a package needs a lock file", async () => {
  const script = { "ci/a.ts": `import "npm:${name}";` };
  const refused =
    `5: Cannot use "file": it imports "npm:${name}", which no deno.lock holds (a.ts:1:8), received "a.ts" | ` +
    `Run in the project, where deno.json is or shall be: deno add npm:${name}`;
  deepEqual(await problemsOf(script, "a.ts"), [refused]);
  deepEqual(await problemsOf({ ...script, "deno.json": manifest }, "a.ts"), [refused]);
});

Deno.test("no file outside of the project gets into a script, by whatever way", async () => {
  const secret = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(secret, `"the secret"`);
    using made = project(
      {
        "deno.json": "{}",
        "ci/absolute.ts": `import s from "${secret}" with { type: "text" }; Wfe.log(s);`,
        "ci/above.ts": `import s from "../../${secret.split("/").at(-1)}" with { type: "text" }; Wfe.log(s);`,
        "ci/link.ts": `import s from "./secret.json" with { type: "json" }; Wfe.log(s);`,
        "ci/require.cts": `Wfe.log(require("${secret}"));`,
        "ci/type.ts": `import type s from "${secret}"; const a: typeof s = 5; a;`,
      },
      ...["absolute.ts", "above.ts", "link.ts", "require.cts", "type.ts", "self.ts"],
    );
    Deno.symlinkSync(secret, `${made.folder}/ci/secret.json`);
    Deno.symlinkSync(secret, `${made.folder}/ci/self.ts`);
    const error = await made.load().then(() => undefined, (error) => error);
    const { problems } = error as WorkflowSyntaxError;
    deepEqual(problems.map(({ line }) => line), [5, 6, 7, 8, 9, 10]);
    problems.forEach(({ message }) => match(message, /lies outside of |Expected a JavaScript/));
    doesNotMatch(String(error), /the secret/);
  } finally {
    Deno.removeSync(secret);
  }
});

Deno.test("without a deno.json the project is the folder of the workflow file", async () => {
  const [problem] = await problemsOf({ "ci/a.ts": `import "../lib/b.ts";`, "lib/b.ts": "" }, "a.ts");
  match(
    problem!,
    /it imports "\.\.\/lib\/b\.ts", which lies outside of FOLDER\/ci \(a\.ts:1:8\), received "a\.ts" \| Keep what/,
  );
});

Deno.test("a script lies beside the workflow file or below", async () => {
  const outside = ["../a.ts", "/a.ts", "a/../../b.ts", "~/a.ts", "file:///a.ts", "C:/a.ts", "'a\\b.ts'"];
  const problems = await problemsOf({ "ci/a b/é..ts": "5;" }, ...outside, "./a b/é..ts");
  equal(problems.length, outside.length);
  problems.forEach((problem) =>
    match(problem, /: it must be the path of a file in the folder of the workflow/)
  );
});

Deno.test("scripts that are too large for a definition are told", async () => {
  const data = JSON.stringify({ text: "x".repeat(3_200_000) });
  const [problem] = await problemsOf(
    { "ci/a.ts": `import d from "./d.json" with { type: "json" }; Wfe.log(d);`, "ci/d.json": data },
    "a.ts",
  );
  match(
    problem!,
    /more than 3145728 bytes together \(3 MiB\), received "a\.ts" \| .* let a script import less/,
  );
});

Deno.test("a Deno that may not be run is named", async () => {
  using made = project({ "ci/a.ts": "5;" }, "a.ts");
  const readFile = scriptBundler({ deno: `${made.folder}/none` });
  const load = () => loadWorkflow(`${made.folder}/ci/a.yaml`, {}, { readFile });
  await rejects(load, { name: "NotCapable", message: /Requires run access to/ });
});
