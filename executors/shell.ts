/**
 * Runs steps that are commands for a shell.
 *
 * @module
 */
import { join } from "node:path";
import { ExecutionResult } from "../src/definition/execution_result.ts";
import type { StandardSchema } from "../src/definition/standard_schema.ts";
import type { StepExecutor } from "../src/definition/step_body.ts";
import type { StepContext } from "../src/definition/step_context.ts";
import type { TemplateParts } from "../src/definition/template.ts";
import { renderTemplate } from "../src/yaml/expression/template.ts";
import type { ShellConfig } from "../src/yaml/step_types/shell.ts";
import { type ProcessShell, type ProcessTreeOptions, startProcessTree } from "./process/process_tree.ts";
import { StepFolders } from "./process/step_folders.ts";
import { expressionScope } from "./expression_scope.ts";
import { renderText } from "./render_text.ts";
import { shellConfigSchema } from "./shell/config_schema.ts";
import { stepEnvironment } from "./shell/environment.ts";
import { ShellMissingError, ShellStepError } from "./shell/errors.ts";
import { referToFiles } from "./shell/file_output.ts";
import { readOutputFile } from "./shell/output_file.ts";
import { readOutputs } from "./shell/output_value.ts";
import { StepOutput } from "./shell/step_output.ts";

export { ProcessStartError, type ProcessStartReason } from "./process/process_error.ts";
export { ShellMissingError, ShellOutputError, ShellStepError } from "./shell/errors.ts";

/** How shell steps are run. */
export interface ShellExecutorOptions {
  /** Where the private folders of steps go. @default a temporary folder */
  readonly directory?: string;
  /** Milliseconds between TERM and KILL when a step is ended. @default 5000 */
  readonly grace?: number;
}

/**
 * Runs the commands of a step by `bash -euo pipefail`, or `sh -eu` where there is no bash, with empty standard
 * input. What they print goes to the log. Their whole process tree ends with the step: when its signal aborts, when
 * the commands have ended (background processes too), and when the engine dies.
 *
 * The step's outputs are what it appends to the file `$WFE_OUTPUT` (`name=value`, or `name<<END`, lines, `END`), and
 * its lines `##wfe[output name=value]`. They become workflow data.
 *
 * @example Making one that gives steps two seconds to end
 * ```ts
 * import { ShellExecutor } from "@wfe/engine/shell";
 *
 * const executor = new ShellExecutor({ grace: 2000 });
 * ```
 */
export class ShellExecutor implements StepExecutor {
  /** The step type that it runs. */
  readonly type = "shell";
  /** What `config` must be, in a definition. */
  readonly schema: StandardSchema = shellConfigSchema;
  readonly #folders: StepFolders;
  readonly #grace: { readonly grace?: number };

  /** An executor; nothing is made or started before the first step. */
  constructor(options: ShellExecutorOptions = {}) {
    this.#folders = new StepFolders(options.directory);
    this.#grace = options.grace === undefined ? {} : { grace: options.grace };
  }

  /** Puts the values of its expressions in a text of the definition. */
  renderText(text: TemplateParts, ctx: StepContext): string {
    return renderText(text, ctx);
  }

  /**
   * Runs one attempt of a step.
   *
   * @throws {ShellStepError} Where the commands fail.
   * @throws {ShellOutputError} Where they succeed, but have set outputs that cannot be taken.
   * @throws {ShellMissingError} Where the shell that the step asks for is missing.
   * @throws {ProcessStartError} Where they cannot be started.
   * @throws The reason of `ctx.signal`, once it has aborted and the process tree is gone.
   */
  async run(ctx: StepContext): Promise<ExecutionResult> {
    await this.#folders.endLeftover(ctx.held, this.#grace);
    ctx.signal.throwIfAborted();
    return await this.#folders.use((folder) => this.#runIn(folder, ctx));
  }

  async #runIn(folder: string, ctx: StepContext): Promise<ExecutionResult> {
    const config = ctx.step.config as ShellConfig;
    const outputFile = join(folder, "output");
    const options = processOptions(ctx, config, folder, outputFile);
    const write = { mode: 0o600, createNew: true };
    if (config.run) await Deno.writeTextFile(join(folder, "run"), config.run.text, write);
    await Deno.writeTextFile(outputFile, "", write);

    const output = new StepOutput(ctx, config.outputs);
    const { code, signal } = await this.#supervise(ctx, { ...options, ...this.#grace }, output, folder);
    if (code !== 0) throw new ShellStepError(code, signal, output.tail);
    output.throwIfWrong();
    const texts = new Map([
      ...output.outputs,
      ...await readOutputFile(outputFile, config.outputs, ctx.limits.output),
    ]);
    if (texts.size === 0) return ExecutionResult.next();
    const place = { cwd: options.cwd, folder, signal: ctx.signal };
    const outputs = await referToFiles(readOutputs(texts, config.outputs), config.outputs, place);
    ctx.set(outputs);
    return ExecutionResult.next(outputs);
  }

  async #supervise(
    ctx: StepContext,
    options: ProcessTreeOptions,
    output: StepOutput,
    folder: string,
  ): Promise<{ readonly code: number; readonly signal: string | null }> {
    await using tree = startProcessTree(options);
    const end = () => tree.end();
    ctx.signal.addEventListener("abort", end);
    try {
      // Recorded before anything runs, so that a later attempt can end whatever there may be.
      await ctx.hold(this.#folders.held(tree.identity, folder));
      ctx.signal.throwIfAborted();
      tree.begin();
      const streams = [output.read("stdout", tree.stdout), output.read("stderr", tree.stderr)];
      const [status] = await Promise.all([tree.status, ...streams]);
      ctx.signal.throwIfAborted();
      return status;
    } finally {
      ctx.signal.removeEventListener("abort", end);
    }
  }
}

/** What a cleared environment keeps: without them hardly a program works. */
const KEPT = ["PATH", "HOME"];

function processOptions(
  ctx: StepContext,
  config: ShellConfig,
  folder: string,
  outputFile: string,
): ProcessTreeOptions {
  const scope = expressionScope(ctx);
  const argv = config.command?.map((argument) => renderTemplate(argument, scope));
  const workingDirectory = config.working_dir && renderTemplate(config.working_dir, scope);
  return {
    argv: argv ?? ((found) => shellCommand(config.shell, found, join(folder, "run"))),
    directory: folder,
    env: stepEnvironment(ctx, config, outputFile),
    ...(config.clear_env ? { clearEnv: true, keepEnv: KEPT } : {}),
    ...(workingDirectory ? { cwd: workingDirectory } : {}),
  };
}

/** The script goes by file: an argument of more than 128 KiB fails. */
function shellCommand(wanted: ShellConfig["shell"], found: ProcessShell, script: string): readonly string[] {
  if (wanted === "bash" && found === "sh") throw new ShellMissingError("bash");
  return (wanted ?? found) === "bash" ? ["bash", "-euo", "pipefail", script] : ["sh", "-eu", script];
}
