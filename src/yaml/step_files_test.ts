import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { join, relative } from "node:path";
import { z } from "zod";
import { shell } from "../../tests/processes.ts";
import { FileProblem, loadWorkflow, parseWorkflow, type StepType, WorkflowSyntaxError } from "./mod.ts";

const sqlStep: StepType<{ file?: string | undefined; query?: string | undefined }> = {
  type: "sql",
  schema: z.strictObject({ file: z.string().optional(), query: z.string().optional() }),
  fileKey: "file",
  compile: ({ file, query }, scope) => ({
    config: { query: file === undefined ? query : scope.file()?.text },
  }),
};
const types = [sqlStep];

const workflow = (...configs: string[]) =>
  "workflow:\n  id: a\n  version: 1\n  steps:\n" +
  configs.map((config, index) => `    - name: S${index}\n      type: sql\n      config: ${config}\n`).join(
    "",
  );

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await work(folder).finally(() => Deno.remove(folder, { recursive: true }));
}

Deno.test("loadWorkflow() puts the text of a file that a step names into the definition", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.yaml");
    await Deno.mkdir(join(folder, "sql"));
    await Deno.writeTextFile(join(folder, "sql", "all.sql"), "\ufeffselect *\r\nfrom t;\n");
    await Deno.writeTextFile(path, workflow("{ file: ./sql/all.sql }", "{ query: select 1 }"));
    const definition = await loadWorkflow(path, {}, { types });
    deepEqual(definition.steps.map(({ config }) => config), [
      { query: "select *\nfrom t;\n" },
      { query: "select 1" },
    ]);
    deepEqual(await loadWorkflow(relative(Deno.cwd(), path), {}, { types }), definition);
    await Deno.writeTextFile(path, workflow(`{ file: ${join(folder, "sql", "all.sql")} }`));
    deepEqual((await loadWorkflow(path, {}, { types })).steps[0]?.config, definition.steps[0]?.config);
  });
});

Deno.test("loadWorkflow() takes what its reader makes of a file, by the type of the step", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.yaml");
    await Deno.writeTextFile(path, workflow("{ file: ../other.sql }", "{ file: bad.sql }"));
    const readFile = (made: string[]) => ({ type, path }: { type: string; path: string }) => {
      made.push(`${type} ${relative(folder, path)}`);
      if (path.endsWith("bad.sql")) {
        throw new FileProblem("bad.sql:3:1: it ends too soon", "Close the quote.");
      }
      return Promise.resolve({ text: "made" });
    };
    const made: string[] = [];
    await rejects(loadWorkflow(path, {}, { types, readFile: readFile(made) }), (error: Error) => {
      ok(error instanceof WorkflowSyntaxError);
      equal(error.problems.length, 1);
      equal(`${error.line}:${error.column}`, "10:23");
      equal(
        error.problems[0]?.message,
        'Cannot use "file": bad.sql:3:1: it ends too soon, received "bad.sql"',
      );
      equal(error.problems[0]?.remedy, "Close the quote.");
      return true;
    });
    deepEqual(made, ["sql ../other.sql", "sql bad.sql"]);
  });
});

Deno.test("a file that cannot be read is told at the place that names it", async () => {
  await inFolder(async (folder) => {
    const write = (name: string, content: string | Uint8Array) =>
      Deno.writeFile(
        join(folder, name),
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    await Deno.mkdir(join(folder, "dir"));
    await write("large", "x".repeat(1024 * 1024 + 1));
    await write("nul", "a\nb\0c");
    await write("latin1", new Uint8Array([0x61, 0xe9, 0x0a]));
    equal((await shell('mkfifo "$1"', join(folder, "fifo"))).code, 0);
    const cases: [name: string, says: RegExp][] = [
      ["none", /there is no such file, received "none"/],
      ["dir", /it is a directory.*\n.*\n.*\n +Name a file in it/],
      ["large", /larger than 1048576 bytes/],
      ["nul", /line 2 holds a NUL/],
      ["latin1", /no text in UTF-8, received the byte 0xE9 at offset 1/],
      ["fifo", /a pipe or a device/],
      ["/dev/zero", /a pipe or a device/],
    ];
    const path = join(folder, "a.yaml");
    await Deno.writeTextFile(path, workflow(...cases.map(([name]) => `{ file: ${name} }`)));
    await rejects(loadWorkflow(path, {}, { types }), (error: Error) => {
      ok(error instanceof WorkflowSyntaxError);
      const told = String(error).split("\n\n");
      equal(told.length, cases.length);
      cases.forEach(([, says], index) => {
        match(told[index]!, says);
        match(told[index]!, new RegExp(`a\\.yaml:${7 + 3 * index}:23: Cannot use "file": `));
      });
      return true;
    });
  });
});

Deno.test("files of a workflow fit in its definition together, or loading says so", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.yaml");
    await Deno.writeTextFile(join(folder, "large"), "x".repeat(1024 * 1024 - 2));
    await Deno.writeTextFile(path, workflow(...Array(3).fill("{ file: large }")));
    equal((await loadWorkflow(path, {}, { types })).steps.length, 3);
    await Deno.writeTextFile(path, workflow(...Array(4).fill("{ file: large }")));
    await rejects(loadWorkflow(path, {}, { types }), { code: "WORKFLOW_SYNTAX", line: 16, message: /3 MiB/ });
  });
});

Deno.test("parseWorkflow() has no folder in which a file could be found, and says so", () => {
  throws(() => parseWorkflow(workflow("{ file: all.sql }"), {}, { types }), {
    code: "WORKFLOW_SYNTAX",
    line: 7,
    message: /Cannot use "file": the workflow is a text/,
  });
});
