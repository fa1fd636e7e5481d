import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { main, type MainOptions } from "./mod.ts";
import { recordingIo } from "./testing_io.ts";

const file = `workflow:
  id: pipeline
  version: 1
  steps:
    - name: Lint
      config: { run: "echo checking" }
    - name: Build
      config: { run: "echo building" }
`;

/** A folder with files, for the time of a test. */
function folderWith(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "wfe-cli-" });
  for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${path}/${name}`, text);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

async function wfe(args: readonly string[], options: MainOptions = {}) {
  const io = recordingIo();
  const code = await main(args, { io, ...options });
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

Deno.test("main() returns 2 for bad usage, with a suggestion where a word is close, and never shows a stack", async () => {
  using folder = folderWith({ "a.yaml": file, "list.json": "[\n1,,]" });
  const path = `${folder.path}/a.yaml`;
  const cases: readonly [args: readonly string[], message: RegExp][] = [
    [[], /Usage: wfe/],
    [["rnu", path], /Did you mean run\?/],
    [["run"], /missing required argument 'file'/],
    [["run", path, path], /too many arguments/],
    [["run", path, "--ouptut", "json"], /Did you mean --output\?/],
    [["run", path, "--output", "xml"], /Allowed choices are human, json/],
    [["run", path, "--var", "x"], /Write NAME=VALUE/],
    [["run", path, "--var", "x=1", "--var", "x=2"], /"x" is given twice/],
    [["run", path, "--data", "{x}"], /--data:1:2: /],
    [["run", path, "--data", `@${folder.path}/list.json`], /list\.json:2:3: /],
    [["run", path, "--data", `@${folder.path}/none.json`], /none\.json/],
    [["run", path, "--run-id", "../x"], /Cannot use the run id "\.\.\/x": it must have 1 to 128 letters/],
    [["run", `${folder.path}/none.yaml`], /none\.yaml:1:1: .*no such file/],
    [["run", folder.path], /directory/],
    [["run", path, "--db", `${path}/runs.db`], /Cannot make the folder .*a\.yaml/],
    [["show"], /missing required argument 'run-id'/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await wfe(args);
    deepEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    match(stderr, message);
    doesNotMatch(stderr, /\n {4}at /);
  }
});

Deno.test("main() returns 0 for help and version, on standard output", async () => {
  match((await wfe(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  for (const args of [["--help"], ["run", "--help"], ["help", "resume"]]) {
    const { code, stdout, stderr } = await wfe(args);
    deepEqual([code, stderr], [0, ""]);
    match(stdout, /^Usage: wfe/);
  }
});

Deno.test("main() returns 2 for an invalid file, with its place and the line, and makes no database", async () => {
  using folder = folderWith({ "bad.yaml": file.replace("- name: Build", "- nmae: Build") });
  const database = `${folder.path}/runs.db`;
  for (const args of [["validate"], ["run", "--db", database]]) {
    const { code, stdout, stderr } = await wfe([...args, `${folder.path}/bad.yaml`]);
    deepEqual([code, stdout], [2, ""]);
    match(stderr, /bad\.yaml:7:7: /);
    match(stderr, / 7 \| {5}- nmae: Build/);
    match(stderr, /Did you mean "name"\?/);
  }
  deepEqual(Array.from(Deno.readDirSync(folder.path), ({ name }) => name), ["bad.yaml"]);
});

Deno.test("main() says what a valid file is", async () => {
  using folder = folderWith({ "a.yaml": file });
  const { code, stdout, stderr } = await wfe(["validate", `${folder.path}/a.yaml`]);
  deepEqual([code, stderr], [0, ""]);
  match(stdout, /a\.yaml is valid: workflow pipeline, version 1, 2 steps\n$/);
});

Deno.test("main() warns of a variable that the file does not use", async () => {
  using folder = folderWith({ "a.yaml": file.replace("checking", "${{ var.what }}") });
  const { code, stderr } = await wfe([
    "validate",
    `${folder.path}/a.yaml`,
    "--var",
    "what=x",
    "--var",
    "target=x",
  ]);
  equal(code, 0);
  match(stderr, /^warning: nothing in .*a\.yaml uses the variable "target"\n$/);
});

Deno.test("main() returns 2 for a database that it cannot use, and leaves it as it was", async () => {
  using folder = folderWith({ "a.yaml": file, "no.db": "this is no database, ".repeat(100) });
  const newer = `${folder.path}/newer.db`;
  await wfe(["run", `${folder.path}/a.yaml`, "--db", newer]);
  using database = new DatabaseSync(newer);
  database.exec("UPDATE wfe_migration SET number = number + 1000");
  for (const name of ["no.db", "newer.db"]) {
    const path = `${folder.path}/${name}`;
    const before = Deno.readFileSync(path);
    for (const args of [["run", `${folder.path}/a.yaml`], ["runs"], ["resume"]]) {
      const { code, stdout, stderr } = await wfe([...args, "--db", path]);
      deepEqual([code, stdout], [2, ""], stderr);
      match(stderr, new RegExp(`^error: .*${name}`));
      doesNotMatch(stderr, /bug|\n {4}at /);
    }
    deepEqual(Deno.readFileSync(path), before);
  }
});

Deno.test("main() reports what is its own fault as a bug", async () => {
  using folder = folderWith({ "a.yaml": file });
  const openStore = () => Promise.reject(new TypeError("x is undefined"));
  const { code, stderr } = await wfe(["run", `${folder.path}/a.yaml`, "--db", `${folder.path}/x.db`], {
    openStore,
  });
  equal(code, 1);
  match(stderr, /^error: TypeError: x is undefined\nThis is a bug in wfe: please report it/);
});
