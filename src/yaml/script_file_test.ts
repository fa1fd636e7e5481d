import { deepEqual, equal, rejects } from "node:assert/strict";
import { loadWorkflow, parseWorkflow, type ReadScript, ScriptFileError, WorkflowSyntaxError } from "./mod.ts";

const text = (...configs: readonly string[]) =>
  `workflow:
  id: files
  version: 1
  steps:
${configs.map((config, index) => `    - { name: S${index}, type: deno, config: ${config} }\n`).join("")}`;

/** The places and messages of what is wrong. */
async function problemsOf(yaml: string, readScript?: ReadScript): Promise<string[]> {
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, yaml);
    await loadWorkflow(file, {}, readScript && { readScript });
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

const bundle = { text: "5;", sources: ["a.ts"], mappings: "AAAA" };

Deno.test("a script step has a script or a file, and not both", async () => {
  deepEqual(
    await problemsOf(text("{ memory: 64MB }", "{ script: a, file: a.ts }"), () => Promise.resolve(bundle)),
    [
      '5:31 Cannot use "config": the key "script" is missing | Add "script".',
      '6:58 Cannot use "file": a step has one script, and this one has `script` too, received "a.ts" | Remove one of them.',
    ],
  );
});

Deno.test("a file lies beside the workflow file or below, and has no expression", async () => {
  const outside = [
    "../a.ts",
    "/a.ts",
    "a/../../b.ts",
    "~/a.ts",
    "file:///a.ts",
    "C:/a.ts",
    "a\\b.ts",
    "${{ var.a }}.ts",
  ];
  const asked: string[] = [];
  const read: ReadScript = (file) => {
    asked.push(file);
    return Promise.resolve(bundle);
  };
  for (const path of outside) {
    const [problem = ""] = await problemsOf(text(`{ file: '${path}' }`), read);
    equal(
      problem.startsWith('5:47 Cannot use "file": it must be the path of a file in the folder'),
      true,
      path,
    );
  }
  deepEqual(asked, []);
  deepEqual(await problemsOf(text("{ file: ./a..b/é c.ts }"), read), []);
});

Deno.test("without a reader a file is refused where it stands, with what to do", async () => {
  const refused = '5:47 Cannot use the script "a.ts": this program reads no scripts from files | ' +
    "Load the workflow by loadWorkflow(), with the option readScript: scriptBundler().";
  deepEqual(await problemsOf(text("{ file: a.ts }")), [refused]);
  await rejects(async () => await parseWorkflow(text("{ file: a.ts }")), WorkflowSyntaxError);
});

Deno.test("what is wrong with a script in a file is told at the place of its step, beside all else", async () => {
  const read: ReadScript = (file) =>
    file === "a.ts"
      ? Promise.reject(new ScriptFileError(file, "it is empty", { place: "a.ts:1:1", remedy: "Fill it." }))
      : Promise.resolve(bundle);
  deepEqual(await problemsOf(text("{ file: a.ts }", "{ file: b.ts, memori: 5 }", "{ file: a.ts }"), read), [
    '5:47 Cannot use the script "a.ts": it is empty (a.ts:1:1) | Fill it.',
    '6:53 Cannot use the key "memori" here: it is unknown | Did you mean "memory"?',
    '7:47 Cannot use the script "a.ts": it is empty (a.ts:1:1) | Fill it.',
  ]);
});

Deno.test("a definition holds what was read, once for each file", async () => {
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(file, text("{ file: a.ts }", "{ file: a.ts, memory: 64MB }"));
    const asked: (readonly [string, string])[] = [];
    const { steps } = await loadWorkflow(file, {}, {
      readScript: (...call) => {
        asked.push(call);
        return Promise.resolve(bundle);
      },
    });
    deepEqual(asked, [["a.ts", file]]);
    const { text: script, ...source_map } = bundle;
    deepEqual(steps[0]!.config, { script: { text: script, expressions: {} }, file: "a.ts", source_map });
  } finally {
    Deno.removeSync(file);
  }
});
