import { basename } from "node:path";
import type { JsonObject } from "../../definition/json.ts";
import type { ShellText } from "../expression/shell_text.ts";
import type { StepScope } from "../step_type.ts";

/** A script that was read from a file. */
export interface ShellFile {
  /** The file as it is: what looks like an expression in it is none. */
  readonly run: ShellText & JsonObject;
  /** The shell that runs it, where one was asked for. */
  readonly shell?: "bash" | "sh";
}

/**
 * Takes the file of a shell step. Its first line says which shell runs it, where the step does not: `bash`, or `sh` for
 * what keeps to POSIX. Options on that line are not read. What cannot be used is reported, and gives `undefined`.
 */
export function compileShellFile(scope: StepScope, shell: "bash" | "sh" | undefined): ShellFile | undefined {
  const content = scope.file();
  if (content === undefined) return undefined;
  const { text } = content;
  if (text.trim() === "") {
    scope.problem(["file"], 'Cannot use "file": it is empty', "Write what the shell should run.");
    return undefined;
  }
  const program = interpreterOf(text);
  const asked = shell ?? shellFor(program);
  if (asked === "none") {
    scope.problem(
      ["file"],
      `Cannot use "file": its first line asks for ${program}, and a step runs it by bash or sh`,
      `Run it by \`command: [${program}, …]\`, or say by \`shell\` which of the two can read it.`,
    );
    return undefined;
  }
  return { run: { text, expressions: {} }, ...asked && { shell: asked } };
}

function shellFor(program: string | undefined): "bash" | "sh" | "none" | undefined {
  if (program === undefined || program === "bash") return program;
  return ["sh", "dash", "ash"].includes(program) ? "sh" : "none";
}

/** The program named by `#!/bin/bash`, `#!/usr/bin/env bash` or `#!/usr/bin/env -S bash -e`. */
function interpreterOf(text: string): string | undefined {
  const [, line] = /^#!(.*)/.exec(text) ?? [];
  const [first = "", ...words] = line?.trim().split(/\s+/) ?? [];
  const program = basename(first) === "env" ? words.find((word) => !/^-|=/.test(word)) ?? "" : first;
  return basename(program) || undefined;
}
