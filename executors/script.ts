/**
 * Steps that run TypeScript or JavaScript with nothing allowed but what they name.
 *
 * A script runs behind two walls: a Worker with exactly the permissions of its step, in a process of its own that has
 * no more, and that is killed when the time is up. The step ends with the last line of its module, including all that
 * it awaits; timers and servers that are left then end with it. An await that never settles is ended by the step's
 * timeout.
 *
 * Needs `--allow-run=bash,sh` and `--allow-write` of a folder for temporary files; for steps that are granted paths
 * `--allow-read` of these, for steps that name variables `--allow-env` of those.
 *
 * @module
 */

import { isAbsolute } from "node:path";
import { canonicalJson } from "../src/definition/canonical_json.ts";
import { ExecutionResult } from "../src/definition/execution_result.ts";
import type { StepDefinition } from "../src/definition/definition.ts";
import type { JsonValue } from "../src/definition/json.ts";
import type { StandardSchema } from "../src/definition/standard_schema.ts";
import type { StepExecutor } from "../src/definition/step_body.ts";
import type { StepContext } from "../src/definition/step_context.ts";
import type { TemplateParts } from "../src/definition/template.ts";
import type { ScriptConfig } from "../src/yaml/step_types/script.ts";
import { renderText } from "./render_text.ts";
import { atOriginalPlace } from "./script/bundle/original_place.ts";
import { outputName } from "./output_name.ts";
import { StepFolders } from "./process/step_folders.ts";
import { testSandbox } from "./script/canary.ts";
import { scriptConfigSchema } from "./script/config_schema.ts";
import { ScriptError, ScriptSandboxError } from "./script/errors.ts";
import { lostError, thrownError } from "./script/explain.ts";
import type { SandboxJob } from "./script/boot.ts";
import { canaryJob, stepJob } from "./script/job.ts";
import { maskReport } from "./script/mask_report.ts";
import { readPermissions, type ScriptGrant } from "./script/permissions.ts";
import { type HousedSandbox, SandboxPool } from "./script/pool.ts";
import type { PermissionRecorder } from "./script/record/permission_recorder.ts";
import {
  noLog,
  type SandboxCommand,
  sandboxCommand,
  type SandboxEnd,
  type SandboxLog,
  startSandbox,
} from "./script/sandbox.ts";
import { readVariables } from "./script/variables.ts";

export { scriptBundler, type ScriptBundlerOptions } from "./script/bundle/script_bundler.ts";
export {
  PermissionRecorder,
  type PermissionRecorderOptions,
  type RecordedStep,
} from "./script/record/permission_recorder.ts";
export type { ScriptPermissions } from "../src/yaml/step_types/permissions.ts";
export { type RecordableKind, recordableKinds } from "./script/record/permission_request.ts";
export {
  ScriptError,
  type ScriptFailure,
  ScriptPermissionError,
  ScriptSandboxError,
} from "./script/errors.ts";

/** Options of {@linkcode ScriptExecutor}. */
export interface ScriptExecutorOptions {
  /**
   * Where the private folders of steps go.
   * @default a temporary folder
   */
  readonly directory?: string;
  /**
   * Absolute path of the Deno executable that runs scripts; has to be given in a program made by `deno compile`, which
   * cannot run them itself.
   * @default the one that runs the program
   */
  readonly deno?: string;
  /**
   * How many sandboxes stand ready for steps at most, two of them for the same permissions. Each takes some 21 MB.
   * @default 4
   */
  readonly warm?: number;
  /**
   * Milliseconds that a script has to clean up when its step is ended (timeout, cancel, terminate, shutdown), before it is
   * killed. One that does not look at `Wfe.signal` is killed at once.
   * @default 1000
   */
  readonly grace?: number;
  /**
   * Absolute paths that no script reads or writes, with all below them, also where a folder above is granted: the files
   * of the engine's database. A script that may read and write the folder above one of these can move that, and read
   * them there: name the folder itself.
   * @default none
   */
  readonly closed?: readonly string[];
  /**
   * Records the permissions that scripts use, in place of their sandbox; no sandbox stands ready then.
   * @default none
   */
  readonly recorder?: PermissionRecorder;
}

const defaultMemory = 256 * 1024 ** 2;
const defaultGrace = 1000;

/** Runs steps of type `deno`. */
export class ScriptExecutor implements StepExecutor {
  /** The step type that it runs. */
  readonly type = "deno";
  /** What `config` must be, in a definition. */
  readonly schema: StandardSchema = scriptConfigSchema;
  readonly #options: ScriptExecutorOptions;
  readonly #folders: StepFolders;
  readonly #warm: number;
  readonly #grace: number;
  readonly #pool: SandboxPool;
  #test: Promise<void> | undefined;

  /** The sandbox is tested before the first script runs, once. */
  constructor(options: ScriptExecutorOptions = {}) {
    this.#options = options;
    this.#folders = new StepFolders(options.directory);
    this.#warm = options.recorder === undefined ? options.warm ?? 4 : 0;
    this.#grace = options.grace ?? defaultGrace;
    this.#pool = new SandboxPool(this.#folders, this.#warm);
  }

  /** Puts the values of its expressions in a text of the definition. */
  renderText(text: TemplateParts, ctx: StepContext): string {
    return renderText(text, ctx);
  }

  /**
   * Runs the script. What it set with `Wfe.setOutput` becomes workflow data, and the step's output.
   *
   * @throws {ScriptError} when the script fails
   * @throws {ScriptPermissionError} when the step asks for what cannot be granted
   * @throws {ScriptSandboxError} when the sandbox cannot be started, or does not hold
   * @throws The reason of `ctx.signal`, where it aborts before the script has come to its end.
   */
  async run(ctx: StepContext): Promise<ExecutionResult> {
    await this.#folders.endLeftover(ctx.held, { grace: this.#grace });
    ctx.signal.throwIfAborted();
    const config = ctx.step.config as unknown as ScriptConfig;
    const { permissions = {} } = config;
    const grant = this.#readGrant(config);
    await this.#testOnce(ctx.signal);
    const { recorder } = this.#options;
    // Before a sandbox is taken: an expression may have no value.
    const job = stepJob(ctx);
    const end = recorder === undefined
      ? await supervise(this.#pool.take(this.#command(grant, config)), job, ctx)
      : await this.#record(recorder, grant, job, ctx);
    if (end.report === undefined) throw lostError(end);
    if (end.report.kind === "failed") {
      const report = maskReport(end.report, ctx.secrets);
      const error = thrownError(report, permissions, end.lastWords, this.#options.closed);
      throw atOriginalPlace(error, config);
    }
    const { outputs } = end.report;
    if (Object.keys(outputs).length === 0) return ExecutionResult.next();
    checkOutputs(outputs, ctx.limits.output, config.output_limit);
    ctx.set(outputs);
    return ExecutionResult.next(outputs);
  }

  /**
   * Starts sandboxes for steps that are to be run, in the background. From then on as many as {@link
   * ScriptExecutorOptions.warm} says stand ready for the permissions used last, until the executor is disposed.
   */
  prepare(steps: readonly StepDefinition[]): void {
    if (steps.length === 0 || this.#warm === 0) return;
    // What goes wrong here goes wrong when the step runs, and is told there.
    this.#testOnce().catch(() => {});
    const commands = steps.flatMap(({ config }) => {
      try {
        const read = config as unknown as ScriptConfig;
        return [this.#command(this.#readGrant(read), read)];
      } catch {
        return [];
      }
    });
    this.#pool.prepare(commands);
  }

  /** Ends the sandboxes that stand ready. Steps that still come start one each. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pool.drain(), this.#test?.catch(() => {})]);
  }

  async #record(
    recorder: PermissionRecorder,
    grant: ScriptGrant,
    job: SandboxJob,
    ctx: StepContext,
  ): Promise<SandboxEnd> {
    const config = ctx.step.config as unknown as ScriptConfig;
    // Of a Worker that has nothing by itself, Deno asks when the script does something, and not before.
    const workerGrant = readPermissions({}, "/");
    const command = recorder.command(this.#command(recorder.widen(grant), config, workerGrant), grant);
    const log: SandboxLog = {
      write: (stream, line) => {
        if (!recorder.isAnnouncement(line)) ctx.logger.write(stream, line);
      },
      room: () => ctx.logger.room(),
    };
    return await recorder.while(
      ctx.step.key,
      grant,
      () => supervise(this.#pool.take(command), job, ctx, log),
    );
  }

  /** What the step's script may do, checked. */
  #readGrant({ permissions = {}, env = {} }: ScriptConfig): ScriptGrant {
    return readPermissions(permissions, Deno.cwd(), Object.keys(env), this.#options.closed);
  }

  #command(
    grant: ScriptGrant,
    { memory = defaultMemory }: Pick<ScriptConfig, "memory">,
    workerGrant = grant,
  ): SandboxCommand {
    return sandboxCommand({
      grant,
      workerGrant,
      env: readVariables(grant),
      memory,
      grace: this.#grace,
      deno: this.#deno(),
    });
  }

  /** A test that failed is made again at the next step: until it succeeds, no script runs. */
  async #testOnce(signal?: AbortSignal): Promise<void> {
    this.#test ??= this.#testSandbox().catch((error) => {
      this.#test = undefined;
      throw error;
    });
    await (signal === undefined ? this.#test : untilAborted(this.#test, signal));
  }

  async #testSandbox(): Promise<void> {
    const grant = readPermissions({}, "/");
    const command = this.#command(grant, {});
    await this.#folders.use(async (directory) => {
      await testSandbox((script, print) => {
        const sandbox = startSandbox(command, directory);
        sandbox.begin(canaryJob(script), { ...noLog, write: (_, line) => print(line) });
        return sandbox;
      }, command.argv[0]!);
    });
  }

  #deno(): string {
    const { deno } = this.#options;
    if (deno === undefined && !Deno.build.standalone) return Deno.execPath();
    if (deno !== undefined && isAbsolute(deno)) return deno;
    throw new ScriptSandboxError(
      deno === undefined
        ? 'a compiled program cannot run them itself; give it a Deno, like new ScriptExecutor({ deno: "/usr/bin/deno" })'
        : `the option deno must be an absolute path, received ${JSON.stringify(deno)}`,
    );
  }
}

/**
 * Journals the sandbox, gives it its job, and sees to its end.
 *
 * @throws The reason of the signal, where it aborts before the script has come to its end.
 */
async function supervise(
  { sandbox, held, gone }: HousedSandbox,
  job: SandboxJob,
  ctx: StepContext,
  log: SandboxLog = ctx.logger,
): Promise<SandboxEnd> {
  let isCutShort = false;
  const end = () => {
    isCutShort = !sandbox.hasReported;
    sandbox.end();
  };
  ctx.signal.addEventListener("abort", end, { once: true });
  try {
    ctx.signal.throwIfAborted();
    await ctx.hold(held);
    ctx.signal.throwIfAborted();
    sandbox.begin(job, log, ctx.secrets);
    const ended = await sandbox.ended;
    // What it still did, its cleaning up, is no success.
    if (isCutShort) throw ctx.signal.reason;
    return ended;
  } finally {
    ctx.signal.removeEventListener("abort", end);
    sandbox.end();
    await gone;
  }
}

/**
 * Checks again what the script's process has checked: a script may have found in a snapshot of its heap what makes a
 * report. `limit` is how many bytes the host keeps, `characters` how many of JSON the step may have.
 */
function checkOutputs(
  outputs: { readonly [name: string]: JsonValue },
  limit: number,
  characters = limit,
): void {
  const refuse = (message: string) => new ScriptError(message, "output");
  let size = 0;
  for (const [name, value] of Object.entries(outputs)) {
    if (!outputName.test(name)) throw refuse(`Cannot set output ${JSON.stringify(name)}: it is no name`);
    size += JSON.stringify(value).length;
  }
  if (size > characters) {
    throw refuse(`The outputs have ${size} characters of JSON, and may have ${characters}`);
  }
  try {
    for (const [name, value] of Object.entries(outputs)) {
      canonicalJson(value, `output ${JSON.stringify(name)}`, limit);
    }
    canonicalJson(outputs, "the outputs", limit);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}
