import { deepEqual, equal, match } from "node:assert/strict";
import { workshop } from "./wfe.ts";

const yaml = `workflow:
  id: files
  version: 1
  steps:
    - name: Wait
      config: { run: "test -e go" }
    - name: File
      type: deno
      config: { file: steps/a.ts }
`;

function lastRecord(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
}

Deno.test("a resumed run goes on with the script that it was started with, although the file has changed", async () => {
  using shop = workshop({ "a.yaml": yaml });
  Deno.mkdirSync(`${shop.folder}/steps`);
  shop.write("steps/b.ts", "export const b: string = 'first';");
  shop.write("steps/a.ts", `import { b } from "./b.ts"; Wfe.setOutput("b", b);`);
  const first = await shop.wfe("run", "a.yaml", "--run-id", "r1", "--output", "json");
  equal(first.code, 1, first.stderr);
  shop.write("steps/b.ts", "export const b: string = 'second';");
  shop.write("go", "");
  const { code, stdout, stderr } = await shop.wfe("resume", "r1", "--output", "json");
  deepEqual([code, lastRecord(stdout).data], [0, { b: "first" }], stderr);
  // A new run is of the new content.
  const next = await shop.wfe("run", "a.yaml", "--output", "json");
  deepEqual([next.code, lastRecord(next.stdout).data], [0, { b: "second" }], next.stderr);
});

Deno.test("an error of a script in a file is shown with its own file, line and column", async () => {
  using shop = workshop({ "a.yaml": yaml, go: "" });
  Deno.mkdirSync(`${shop.folder}/steps`);
  shop.write("steps/a.ts", `interface A { readonly a: string }\n\nthrow new TypeError("spoilt");`);
  const { code, stdout } = await shop.wfe("run", "a.yaml");
  equal(code, 1);
  match(stdout, /TypeError: spoilt \(steps\/a\.ts:3:7\)/);
});
