import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { wfeTypes } from "../../executors/script/wfe_types.ts";
import { runWfe, workflowFile } from "../testing_wfe.ts";

const head = `workflow:
  id: scripts
  version: 1
  steps:
`;

/** A file with a script step for each text, in a block below its name. */
function scripts(...texts: readonly string[]): string {
  const steps = texts.map((text, index) =>
    `    - name: Step ${index}
      type: deno
      config:
        script: |
${text.split("\n").map((line) => `          ${line}`).join("\n")}
`
  );
  return head + steps.join("");
}

/** Where the errors of a message stand, and what they say. */
function errorsOf(stderr: string): readonly string[] {
  return Array.from(stderr.matchAll(/^(?:error: )?\S*a\.yaml:(\d+:\d+: .*)$/gm), ([, told]) => told!);
}

Deno.test("wfe validate --check tells type errors at the line and column of the file", async () => {
  using file = workflowFile(scripts(
    `const rows: number[] = Wfe.getData().rows ?? [];\nconst t = "😀"; const total: string = rows.length;`,
    `  Wfe.setOutputt("total", \${{ data.total }}, nope);`,
  ));
  const { code, stdout, stderr } = await runWfe("validate", "--check", file.path);
  deepEqual([code, stdout], [2, ""]);
  deepEqual(errorsOf(stderr), [
    "10:32: Type 'number' is not assignable to type 'string' (TS2322)",
    "15:17: Property 'setOutputt' does not exist on type 'typeof Wfe'. Did you mean 'setOutput'? (TS2551)",
    "15:56: Cannot find name 'nope' (TS2304)",
  ]);
  match(stderr, /\n 15 \| .*\n +\| {17}\^{10}\n/);
});

Deno.test("wfe validate --check finds the place in every style of scalar", async () => {
  using file = workflowFile(`${head}    - name: Double
      type: deno
      config: { script: "const a: number = \\"x\\\\ty\\"; Wfe.log(a,\\n   nope)" }
    - name: Single
      type: deno
      config: { script: 'const a = ''x''; nope(a)' }
    - name: Plain
      type: deno
      config:
        script: const a = 5;
          nope(a)
    - name: Folded
      type: deno
      config:
        script: >-
          const a = 5;
          nope(a)
`);
  const { stderr } = await runWfe("validate", "--check", file.path);
  deepEqual(errorsOf(stderr).map((told) => told.replace(/: .*/, "")), [
    "7:32",
    "7:70",
    "10:43",
    "15:11",
    "21:11",
  ]);
});

Deno.test("wfe validate --check tells what cannot be parsed or imported, and goes on with the other scripts", async () => {
  using file = workflowFile(scripts(
    `const t = "😀"; const a = (5;`,
    `import x from "npm:chalk";`,
    `import x from "lodash";`,
    `import x from "./b.ts";`,
    `import x from "https://a.io/b.ts";`,
    `import "/etc/passwd";`,
    `nope();`,
    `const a =`,
  ));
  const { code, stderr } = await runWfe("validate", "--check", file.path);
  equal(code, 2);
  const told = errorsOf(stderr);
  deepEqual(told.map((error) => error.replace(/: .*/, "")), [
    "9:38",
    "14:25",
    "19:25",
    "24:25",
    "29:25",
    "34:11",
    "39:11",
    "44:20",
  ]);
  match(told[1]!, /imports a module by npm:, which a script step cannot/);
  match(told[2]!, /a script step has no dependencies/);
  match(told[3]!, /it has no folder of its own/);
  match(told[4]!, /To allow it: permissions: \{ net: \["a\.io"\], dynamic_import: true \}/);
  match(told[5]!, /What the script imports cannot be used/);
  doesNotMatch(stderr, /root:|wfe-check-/);
});

Deno.test("wfe validate --check reads the modules that a step may import", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("export const answer: number = 42;", {
        headers: { "content-type": "application/typescript" },
      }),
  );
  const { port } = server.addr;
  using file = workflowFile(
    scripts(`import { answer } from "http://127.0.0.1:${port}/a.ts";\nconst text: string = answer;`) +
      `        permissions: { net: ["127.0.0.1:${port}"], dynamic_import: true }\n`,
  );
  const { stderr } = await runWfe("validate", "--check", file.path);
  deepEqual(errorsOf(stderr), ["10:17: Type 'number' is not assignable to type 'string' (TS2322)"]);
});

Deno.test("wfe validate --check knows what scripts can use", async () => {
  using file = workflowFile(scripts(
    `interface Row { readonly name: string; price?: number }
type Json = string | number | boolean | null | readonly Json[] | { [key: string]: Json };
const rows: Row[] = Wfe.getData().rows;
const { port } = Wfe.getData<{ port: number }>();
Wfe.setOutput("rows", rows.map(({ name }) => ({ name, port: port.toFixed() })));
Wfe.setOutput("row", rows[0] ?? null);
Wfe.setOutput("json", JSON.parse("{}") as Json);
Wfe.setOutput("any", await (await fetch("https://example.com/")).json());
Wfe.setOutput("list", [1, "x", null, { deep: [true] }]);
function set<Text extends string>(text: Text): void { Wfe.setOutput("text", text); }
set(Wfe.vars.target + Wfe.idempotencyKey + Wfe.attempt.toFixed());
Wfe.log("x", 5, rows, \${{ data.port }});`,
    `Wfe.setOutput("a", undefined);
Wfe.setOutput("b", new Date());
Wfe.setOutput("c", () => 5);
Wfe.setOutput("d", new Map());
Wfe.setOutput("e", fetch("x"));
Wfe.setOutput("f", 5n);
Wfe.setOutput(6, "g");
Wfe.attempt = 8;
Wfe.vars.x = 9;`,
  ));
  const { stderr } = await runWfe("validate", "--check", file.path);
  deepEqual(errorsOf(stderr).map((told) => Number(told.split(":")[0])), [25, 26, 27, 28, 29, 30, 31, 32, 33]);
});

Deno.test("wfe validate --check says how many scripts are right", async () => {
  using file = workflowFile(scripts("Wfe.log(5);", "export {};\nawait 5;"));
  const { code, stdout, stderr } = await runWfe("validate", "--check", file.path);
  deepEqual([code, stderr], [0, ""]);
  match(stdout, /a\.yaml is valid: workflow scripts, version 1, 2 steps, 2 scripts checked\n$/);
});

Deno.test("wfe validate --check names the flag that it lacks, and needs none where there is no script", async () => {
  using file = workflowFile(scripts("Wfe.log(5);"));
  const main = new URL("../mod.ts", import.meta.url).pathname;
  const check = async (path: string, ...flags: readonly string[]) => {
    const args = ["run", "--no-prompt", "--no-check", ...flags, `--allow-read=${path}`, main];
    const command = new Deno.Command("deno", { args: [...args, "validate", "--check", path] });
    const { code, stderr } = await command.output();
    return [code, new TextDecoder().decode(stderr)] as const;
  };
  const [code, withoutRun] = await check(file.path);
  equal(code, 2);
  match(withoutRun, /^error: Cannot check scripts: deno may not be run\. Add --allow-run=deno /);
  match((await check(file.path, "--allow-run=deno"))[1], /Add --allow-write=\/tmp /);
  deepEqual(await check(file.path, "--allow-run=deno", `--allow-write=${tmp()}`), [0, ""]);
  using shell = workflowFile(`${head}    - { name: A, config: { run: "true" } }\n`);
  deepEqual(await check(shell.path), [0, ""]);
});

Deno.test("wfe validate --check refuses bad usage, and a host that cannot be granted", async () => {
  using file = workflowFile(
    `${scripts("5;")}        permissions: { net: ["127.1"], dynamic_import: true }\n`,
  );
  for (
    const [args, message] of [
      [["--check", file.path], /^error: Cannot grant net to a script: .*received "127\.1"\n$/],
      [["--check"], /missing required argument 'file'/],
      [["--chekc", file.path], /Did you mean --check\?/],
      [["--check", `${file.path}.none`], /no such file/],
    ] as const
  ) {
    const { code, stdout, stderr } = await runWfe("validate", ...args);
    deepEqual([code, stdout], [2, ""]);
    match(stderr, message);
  }
  match((await runWfe("validate", "--help")).stdout, /--check +type-check its scripts/);
});

Deno.test("wfe validate --check tells what is wrong with a script in a file at the places of its own files", async () => {
  using file = workflowFile(
    `${scripts("const a: string = 5;")}    - { name: File, type: deno, config: { file: b.ts } }
    - { name: Same, type: deno, config: { file: b.ts } }
`,
  );
  const write = (name: string, text: string) => Deno.writeTextFileSync(`${file.folder}/${name}`, text);
  write("b.ts", `import { half } from "./c.ts";\n  const t = "😀"; const n: string = half(5);\nWfe.log(n);`);
  write("c.ts", "export function half(n: number): number { return n / 2; }");
  const { code, stderr } = await runWfe("validate", "--check", file.path);
  deepEqual([code, errorsOf(stderr)], [2, [
    "9:17: Type 'number' is not assignable to type 'string' (TS2322)",
  ]]);
  match(
    stderr,
    /\S+\/b\.ts:2:24: Type 'number' is not assignable to type 'string' \(TS2322\)\n 2 \| .*\n +| {25}\^\n?$/,
  );
  write("a.yaml", `${head}    - { name: File, type: deno, config: { file: b.ts } }\n`);
  write("b.ts", `import { half } from "./c.ts";\nWfe.setOutput("half", half(5));`);
  match((await runWfe("validate", "--check", file.path)).stdout, /1 step, 1 script checked\n$/);
});

Deno.test("the types that --check uses are those of wfe.d.ts", async () => {
  const file = new URL("../../executors/script/wfe.d.ts", import.meta.url);
  equal(wfeTypes, await Deno.readTextFile(file));
});

function tmp(): string {
  const folder = Deno.makeTempDirSync();
  Deno.removeSync(folder);
  return folder.slice(0, folder.lastIndexOf("/"));
}
