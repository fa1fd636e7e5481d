import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { pathToFileURL } from "node:url";
import { loadWorkflow, parseWorkflow, WorkflowSyntaxError } from "../src/yaml/mod.ts";
import type { BadCase } from "./bad_input/bad_case.ts";
import { definitionCases } from "./bad_input/definition_cases.ts";
import { expressionCases } from "./bad_input/expression_cases.ts";
import { permissionCases } from "./bad_input/permission_cases.ts";
import { yamlCases } from "./bad_input/yaml_cases.ts";

const groups: readonly (readonly [string, readonly BadCase[]])[] = [
  ["YAML", yamlCases],
  ["definitions", definitionCases],
  ["permissions", permissionCases],
  ["expressions", expressionCases],
];

/** Milliseconds. The goal is 250; a slow machine gets four times as long, and one that is busy with others no less. */
const patience = 1_000;

for (const [group, cases] of groups) {
  Deno.test(`parseWorkflow() refuses bad ${group}`, async (t) => {
    for (const bad of cases) await t.step(bad.name, () => refuses(bad));
  });
}

function refuses({ text, says }: BadCase): void {
  const place = text.indexOf("▲");
  ok(place >= 0, "the case marks no place");
  const before = text.slice(0, place).split("\n");
  const start = cpuUsage();
  const error = errorOf(() =>
    parseWorkflow(text.replace("▲", ""), { name: "n", target: "t" }, { file: "bad.yaml" })
  );
  const rendered = String(error);
  const { user, system } = cpuUsage(start);
  const took = (user + system) / 1_000;

  const [first] = error.problems;
  const spoken = `${first?.message}\n${first?.remedy ?? ""}`;
  if (typeof says === "string") ok(spoken.includes(says), spoken);
  else match(spoken, says);
  equal(`${error.line}:${error.column}`, `${before.length}:${[...before.at(-1)!].length + 1}`, spoken);
  ok(rendered.startsWith(`bad.yaml:${error.line}:${error.column}: Cannot `), rendered);
  ok(!/^\s+at .*(\.ts|\.js|<anonymous>)/m.test(rendered), rendered);
  ok(!/[^\P{C}\n]/u.test(rendered), "the text holds characters that a terminal obeys or hides");
  ok(rendered.length < 20_000, `the text has ${rendered.length} characters`);
  ok(took < patience, `it took ${took} ms`);
}

function errorOf(action: () => unknown): WorkflowSyntaxError {
  try {
    action();
  } catch (error) {
    ok(error instanceof WorkflowSyntaxError, String(error));
    equal(error.code, "WORKFLOW_SYNTAX");
    return error;
  }
  throw new Error("it was accepted");
}

Deno.test("parseWorkflow() reports several problems by place, and how many more there are", () => {
  const steps = Array.from({ length: 30 }, (_, index) => `    - name: s${index}\n      rn: x\n`).join("");
  const error = errorOf(() => parseWorkflow(`workflow:\n  id: a/b\n  version: 0\n  steps:\n${steps}`));
  equal(error.problems.length, 20);
  deepEqual(error.problems.slice(0, 4).map(({ line, column }) => [line, column]), [[2, 7], [3, 12], [6, 7], [
    8,
    7,
  ]]);
  match(String(error), /and 12 more problems$/);
});

Deno.test("loadWorkflow() refuses what is no readable text", async (t) => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, bytes: Uint8Array | string): Promise<string> => {
    const path = join(folder, name);
    await Deno.writeFile(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    return path;
  };
  const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const cases: [name: string, path: string | URL, place: string, says: RegExp][] = [
    ["a directory", folder, "1:1", /it is a directory/],
    ["a directory as URL", pathToFileURL(folder), "1:1", /it is a directory/],
    ["a missing file", join(folder, "none.yaml"), "1:1", /there is no such file/],
    ["a path through a file", join(await write("file", ""), "none.yaml"), "1:1", /Cannot read the file/],
    ["a path with NUL", "a\0b", "1:1", /Cannot read the file/],
    ["an empty file", await write("empty.yaml", ""), "1:1", /the file is empty/],
    [
      "10 MB",
      await write("large.yaml", new Uint8Array(10_000_000).fill(0x61)),
      "1:1",
      /larger than 1048576 bytes/,
    ],
    [
      "one byte over 1 MiB",
      await write("over.yaml", new Uint8Array(2 ** 20 + 1).fill(0x23)),
      "1:1",
      /larger than/,
    ],
    ["Latin-1", await write("latin.yaml", latin("a: 1\nb: caf\xe9!\n")), "2:7", /byte 0xE9 at offset 11/],
    [
      "Latin-1 behind wide characters",
      await write("mixed.yaml", latin("\xe6\x97\xa5: \xff\n")),
      "1:4",
      /byte 0xFF at offset 5/,
    ],
    ["a character cut off", await write("cut.yaml", latin("a: \xe6\x97")), "1:4", /no text in UTF-8/],
    ["an overlong form", await write("overlong.yaml", latin("a: \xc0\xaf")), "1:4", /byte 0xC0/],
    ["UTF-16", await write("utf16.yaml", latin("\xff\xfea\0:\0")), "1:1", /UTF-16: save it as UTF-8/],
    ["a program", await write("program", latin("\x7fELF\x02\x01\0")), "1:1", /control character/],
  ];
  try {
    for (const [name, path, place, says] of cases) {
      await t.step(name, () =>
        rejects(loadWorkflow(path), (error: unknown) => {
          ok(error instanceof WorkflowSyntaxError);
          equal(`${error.line}:${error.column}`, place);
          match(String(error), says);
          return true;
        }));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
