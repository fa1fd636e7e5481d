import { deepEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { loadWorkflow } from "../mod.ts";

/** The config of the one step of a workflow file, beside which lies `build.sh`. */
async function load(config: string, text: string): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "build.sh"), text);
    const steps = `  steps:\n    - name: Build\n      config: ${config}\n`;
    await Deno.writeTextFile(join(folder, "a.yaml"), `workflow:\n  id: a\n  version: 1\n${steps}`);
    return (await loadWorkflow(join(folder, "a.yaml"))).steps[0]?.config;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the file of a shell step is its script as it is: what looks like an expression is none", async () => {
  const text = "echo '${{ data.none }}'\r\nmake\r\n";
  deepEqual(await load("{ file: ./build.sh, env: { A: 1 } }", text), {
    run: { text: "echo '${{ data.none }}'\nmake\n", expressions: {} },
    env: { A: "1" },
  });
});

Deno.test("the first line of a file says which shell runs it, where the step does not", async () => {
  const shellOf = async (config: string, line: string) =>
    ((await load(config, `${line}\nmake\n`)) as { shell?: string }).shell;
  for (
    const [line, shell] of [
      ["make all", undefined],
      ["# !/bin/sh", undefined],
      ["#!/bin/bash", "bash"],
      ["#! /usr/local/bin/bash -x", "bash"],
      ["#!/usr/bin/env bash", "bash"],
      ["#!/usr/bin/env -S LANG=C bash -e", "bash"],
      ["#!/bin/sh", "sh"],
      ["#!/bin/sh -e", "sh"],
      ["#!/usr/bin/dash", "sh"],
      ["#!", undefined],
    ] as const
  ) deepEqual(await shellOf("{ file: build.sh }", line), shell, line);
  deepEqual(await shellOf("{ file: build.sh, shell: bash }", "#!/bin/sh"), "bash");
  deepEqual(await shellOf("{ file: build.sh, shell: sh }", "#!/usr/bin/env ksh"), "sh");
});

Deno.test("a file for another program than a shell is refused, with the command that runs it", async () => {
  for (
    const [line, program] of [["#!/usr/bin/env python3", "python3"], ["#!/usr/bin/node", "node"], [
      "#!/bin/zsh",
      "zsh",
    ]] as const
  ) {
    await rejects(load("{ file: build.sh }", `${line}\nprint(1)\n`), (error) => {
      match(String(error), /^\S+a\.yaml:6:23: Cannot use "file": its first line asks for /);
      match(String(error), new RegExp(`asks for ${program},.*\n.*\n.*\n.*command: \\[${program}, …\\]`));
      return true;
    });
  }
});

Deno.test("an empty file is refused", async () => {
  await rejects(load("{ file: build.sh }", "\ufeff \n"), { line: 6, column: 23, message: /it is empty/ });
});
