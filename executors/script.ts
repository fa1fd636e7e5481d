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

import { canonicalJson } from "../src/definition/canonical_json.ts";
import { ExecutionResult } from "../src/definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../src/definition/json.ts";
import type { StepExecutor } from "../src/definition/step_body.ts";
import type { StepContext } from "../src/definition/step_context.ts";
import type { ScriptConfig } from "../src/yaml/step_types/script.ts";
import { StepFolders } from "./process/step_folders.ts";
import { testSandbox } from "./script/canary.ts";
import { ScriptError, ScriptSandboxError } from "./script/errors.ts";
import { lostError, thrownError } from "./script/explain.ts";
import { canaryJob, stepJob } from "./script/job.ts";

import { readPermissions } from "./script/permissions.ts";
import { type Sandbox, sandboxCommand, type SandboxEnd, startSandbox } from "./script/sandbox.ts";
import { readVariables } from "./script/variables.ts";

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
   * The Deno executable that runs scripts; has to be given in a program made by `deno compile`.
   * @default the one that runs the program
   */
  readonly deno?: string;
}

const defaultMemory = 256 * 1024 ** 2;

/** Runs steps of type `deno`. */
export class ScriptExecutor implements StepExecutor {
  /** The step type that it runs. */
  readonly type = "deno";
  readonly #options: ScriptExecutorOptions;
  readonly #folders: StepFolders;
  #test: Promise<void> | undefined;

  /** The sandbox is tested before the first script runs, once. */
  constructor(options: ScriptExecutorOptions = {}) {
    this.#options = options;
    this.#folders = new StepFolders(options.directory);
  }

  /**
   * Runs the script. What it set with `Wfe.setOutput` becomes workflow data, and the step's output.
   *
   * @throws {ScriptError} when the script fails
   * @throws {ScriptPermissionError} when the step asks for what cannot be granted
   * @throws {ScriptSandboxError} when the sandbox cannot be started, or does not hold
   */
  async run(ctx: StepContext): Promise<ExecutionResult> {
    await this.#folders.endLeftover(ctx.held, { grace: 0 });
    ctx.signal.throwIfAborted();
    const { script, permissions = {}, memory = defaultMemory } = ctx.step.config as unknown as ScriptConfig;
    const grant = readPermissions(permissions, Deno.cwd());
    const job = stepJob(script, grant, ctx);
    await this.#testOnce(ctx.signal);
    const end = await this.#folders.use(async (directory) => {
      const sandbox = startSandbox(
        sandboxCommand({ grant, env: readVariables(grant), memory, deno: this.#deno(), directory }),
        job,
        { directory, print: (stream, line) => ctx.logger.write(stream, line) },
      );
      const held = this.#folders.held(sandbox.identity, directory);
      return await supervise(sandbox, ctx, held);
    });
    if (end.report === undefined) {
      ctx.signal.throwIfAborted();
      throw lostError(end);
    }
    if (end.report.kind === "failed") throw thrownError(end.report, permissions);
    const { outputs } = end.report;
    if (Object.keys(outputs).length === 0) return ExecutionResult.next();
    checkOutputs(outputs);
    ctx.set(outputs);
    return ExecutionResult.next(outputs);
  }

  /** A test that failed is made again at the next step: until it succeeds, no script runs. */
  async #testOnce(signal: AbortSignal): Promise<void> {
    this.#test ??= this.#testSandbox().catch((error) => {
      this.#test = undefined;
      throw error;
    });
    await untilAborted(this.#test, signal);
  }

  async #testSandbox(): Promise<void> {
    const grant = readPermissions({}, "/");
    const deno = this.#deno();
    await this.#folders.use(async (directory) => {
      const command = sandboxCommand({ grant, env: {}, memory: defaultMemory, deno, directory });
      await testSandbox((script, print) => {
        const place = { directory, print: (_: unknown, line: string) => print(line) };
        const sandbox = startSandbox(command, canaryJob(script, grant), place);
        sandbox.begin();
        return sandbox;
      }, deno);
    });
  }

  #deno(): string {
    if (this.#options.deno !== undefined) return this.#options.deno;
    if (!Deno.build.standalone) return Deno.execPath();
    throw new ScriptSandboxError(
      "a compiled program has no Deno to run them; give its path in the option deno",
    );
  }
}

/** Journals the sandbox, lets it begin, and sees to its end. */
async function supervise(sandbox: Sandbox, ctx: StepContext, held: JsonObject): Promise<SandboxEnd> {
  const end = () => sandbox.end();
  ctx.signal.addEventListener("abort", end, { once: true });
  try {
    ctx.signal.throwIfAborted();
    await ctx.hold(held);
    ctx.signal.throwIfAborted();
    sandbox.begin();
    return await sandbox.ended;
  } finally {
    ctx.signal.removeEventListener("abort", end);
    sandbox.end();
    await sandbox.ended;
  }
}

function checkOutputs(outputs: { readonly [name: string]: JsonValue }): void {
  try {
    for (const [name, value] of Object.entries(outputs)) {
      canonicalJson(value, `output ${JSON.stringify(name)}`);
    }
    canonicalJson(outputs, "the outputs");
  } catch (error) {
    throw new ScriptError((error as Error).message, "output");
  }
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}
