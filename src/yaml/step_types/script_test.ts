import { deepEqual } from "node:assert/strict";
import { FileProblem, loadWorkflow, type ReadStepFile, type StepFile, WorkflowSyntaxError } from "../mod.ts";

const text = (...configs: readonly string[]) =>
  `workflow:
  id: files
  version: 1
  steps:
${configs.map((config, index) => `    - { name: S${index}, type: deno, config: ${config} }\n`).join("")}`;

/** The places and messages of what is wrong. */
async function problemsOf(yaml: string, readFile?: ReadStepFile): Promise<string[]> {
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, yaml);
    await loadWorkflow(file, {}, readFile && { readFile });
    return [];
  } catch (error) {
    if (!(error instanceof WorkflowSyntaxError)) throw error;
    return error.problems.map(({ line, column, message, remedy }) =>
      `${line}:${column} ${message} | ${remedy}`
    );
  } finally {
    Deno.removeSync(file);
  }
}

const bundle = { text: "5;", sourceMap: { sources: ["a.ts"], mappings: "AAAA" } };

Deno.test("a script step has a script or a file, and not both", async () => {
  deepEqual(
    await problemsOf(text("{ memory: 64MB }", "{ script: a, file: a.ts }"), () => Promise.resolve(bundle)),
    [
      '5:31 Cannot use "config": the key "script" is missing | Add "script".',
      '6:58 Cannot use "file": a step has one script, and this one has `script` too, received "a.ts" | Remove one of them.',
    ],
  );
});

Deno.test("a file of a script step is refused where it stands, when nothing makes a module of it", async () => {
  const folder = Deno.makeTempDirSync();
  const file = `${folder}/a.yaml`;
  const said = (error: unknown) =>
    error instanceof WorkflowSyntaxError
      ? error.problems.map(({ line, column, message, remedy }) => `${line}:${column} ${message} | ${remedy}`)
      : error;
  try {
    Deno.writeTextFileSync(file, text("{ file: a.ts }"));
    Deno.writeTextFileSync(`${folder}/a.ts`, "5;");
    deepEqual(await loadWorkflow(file).catch(said), [
      '5:47 Cannot use "file": this program makes no module of a script and what it imports | ' +
      "Load the workflow by loadWorkflow(), with the option readFile: scriptBundler().",
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("what is wrong with a script in a file is told at the place of its step, beside all else", async () => {
  const read: ReadStepFile = ({ name }) =>
    name === "a.ts" ? Promise.reject(new FileProblem("it is empty", "Fill it.")) : Promise.resolve(bundle);
  deepEqual(await problemsOf(text("{ file: a.ts }", "{ file: b.ts, memori: 5 }", "{ file: a.ts }"), read), [
    '5:47 Cannot use "file": it is empty, received "a.ts" | Fill it.',
    '6:53 Cannot use the key "memori" here: it is unknown | Did you mean "memory"?',
    '7:47 Cannot use "file": it is empty, received "a.ts" | Fill it.',
  ]);
});

Deno.test("a definition holds what was made of a file, once for each file", async () => {
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, text("{ file: a.ts }", "{ file: a.ts, memory: 64MB }"));
    const asked: StepFile[] = [];
    const { steps } = await loadWorkflow(file, {}, {
      readFile: (one) => {
        asked.push(one);
        return Promise.resolve(bundle);
      },
    });
    const path = `${file.slice(0, file.lastIndexOf("/"))}/a.ts`;
    deepEqual(asked, [{ path, name: "a.ts", workflow: file, type: "deno" }]);
    const { text: script, sourceMap } = bundle;
    deepEqual(steps[0]!.config, {
      script: { text: script, expressions: {} },
      file: "a.ts",
      source_map: sourceMap,
    });
  } finally {
    Deno.removeSync(file);
  }
});
