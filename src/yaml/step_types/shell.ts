import { z } from "zod";
import type { JsonObject } from "../../definition/json.ts";
import type { Template } from "../../definition/template.ts";
import { compileShellText, type ShellText } from "../expression/shell_text.ts";
import { compileTemplate } from "../expression/template.ts";
import { durationField, filePathField, must, outputNameField, scalarField } from "../fields.ts";
import type { StepType } from "../step_type.ts";
import { compileShellEnvironment, shellEnvironmentField } from "./shell_environment.ts";
import { compileShellFile } from "./shell_file.ts";

/** What an output's text is read as; `json` takes any JSON value, `file` is the path of a file. */
export type OutputType = (typeof outputTypes)[number];

const outputTypes = ["string", "number", "boolean", "json", "file"] as const;

/** What the executor of shell steps gets. */
export interface ShellConfig extends JsonObject {
  /** The commands: of `run`, with each expression replaced by a variable that holds its value, or the text of `file`. */
  readonly run?: ShellText & JsonObject;
  /** Instead of `run`: a program and its arguments, for no shell to read. */
  readonly command?: readonly Template[];
  /** The shell; none: bash where there is bash, else sh. */
  readonly shell?: "bash" | "sh";
  /** Variables for the commands. */
  readonly env?: { readonly [name: string]: Template };
  /** Whether they see nothing of the engine's environment but PATH and HOME. */
  readonly clear_env?: boolean;
  /** Where the commands run, relative to the working folder of the engine. */
  readonly working_dir?: Template;
  /** Outputs by name; when given, no others are taken. */
  readonly outputs?: { readonly [name: string]: OutputType };
}

const schema = z.strictObject({
  run: z.string().refine(
    (text) => text.trim() !== "",
    must("it must have a command", "Write what the shell should run."),
  ).exactOptional(),
  file: filePathField.exactOptional(),
  command: z.array(scalarField).min(1).exactOptional(),
  shell: z.enum(["bash", "sh"]).exactOptional(),
  env: shellEnvironmentField.exactOptional(),
  working_dir: z.string().min(1).exactOptional(),
  timeout: durationField.exactOptional(),
  outputs: z.union([z.array(outputNameField), z.record(outputNameField, z.enum(outputTypes))])
    .exactOptional(),
}).refine(({ run, file, command }) => run !== undefined || file !== undefined || command !== undefined, {
  path: ["run"],
}).refine(({ run, file }) => run === undefined || file === undefined, {
  path: ["file"],
  ...must("a step has either run or file", "Remove one of them."),
}).refine(
  ({ run, file, shell, command }) =>
    command === undefined || (run === undefined && file === undefined && shell === undefined),
  {
    path: ["command"],
    ...must("no shell reads it, so it goes with none of run, file and shell", "Remove one of them."),
  },
);

/** Steps that run commands in a shell: what stands for `type` when it is left out. */
export const shellStep: StepType<z.infer<typeof schema>> = {
  type: "shell",
  schema,
  fileKey: "file",
  compile({ run, file, command, shell, env, working_dir, timeout, outputs }, scope) {
    const names = Array.isArray(outputs)
      ? outputs.map((name) => [name, "string"])
      : Object.entries(outputs ?? {});
    const script = file === undefined ? undefined : compileShellFile(scope, shell);
    const config: JsonObject = {
      run: run === undefined
        ? script?.run
        : scope.compile(["run"], (text) => ({ ...compileShellText(text, shell ?? "bash") })),
      command: command?.flatMap((_, index) => scope.compile(["command", index], compileTemplate) ?? []),
      shell: shell ?? script?.shell,
      ...compileShellEnvironment(env, scope),
      working_dir: working_dir === undefined ? undefined : scope.compile(["working_dir"], compileTemplate),
      outputs: outputs && Object.fromEntries(names),
    };
    return { config, timeout };
  },
};
