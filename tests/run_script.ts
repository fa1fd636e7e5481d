import { fakeStepContext } from "./fake_step_context.ts";
import type { ExecutionResult } from "../src/definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../src/definition/json.ts";
import type { Template } from "../src/definition/template.ts";
import type { ScriptPermissions } from "../src/yaml/step_types/permissions.ts";
import { ScriptExecutor } from "../executors/script.ts";

/** What a test gives to a script step. */
export interface ScriptTest {
  /** What runs it. */
  readonly executor?: ScriptExecutor;
  /** What it may do. */
  readonly permissions?: ScriptPermissions;
  /** Bytes of memory. */
  readonly memory?: number;
  /** Characters of JSON of all outputs. */
  readonly outputLimit?: number;
  /** Variables that the step sets. */
  readonly env?: { readonly [name: string]: Template };
  /** Expressions by identifier. */
  readonly expressions?: { readonly [name: string]: string };
  /** The workflow's data. */
  readonly data?: JsonObject;
  /** The run's variables. */
  readonly vars?: JsonObject;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  /** What an earlier attempt held. */
  readonly held?: JsonValue;
  /** Hears of each line while the script runs. */
  readonly onLine?: (line: string) => void;
  /** Hears of what is recorded as held. */
  readonly onHold?: (value: JsonValue) => void;
}

/** How a script step ended in a test. */
export interface ScriptRun {
  /** What the executor returned, unless it threw. */
  readonly result: ExecutionResult | undefined;
  /** What it threw. */
  readonly error: unknown;
  /** What was set as data. */
  readonly data: JsonObject;
  /** Lines of the log, each with its stream. */
  readonly lines: readonly string[];
  /** What was recorded as held. */
  readonly held: JsonValue | undefined;
}

const usualExecutor = new ScriptExecutor();

/** Runs a script as a step and returns how it ended. */
export async function runScript(text: string, test: ScriptTest = {}): Promise<ScriptRun> {
  const {
    executor = usualExecutor,
    permissions,
    memory,
    outputLimit,
    env,
    expressions = {},
    onLine,
    ...given
  } = test;
  const config: JsonObject = {
    script: { text, expressions },
    ...(permissions === undefined ? {} : { permissions: { ...permissions } }),
    ...(memory === undefined ? {} : { memory }),
    ...(outputLimit === undefined ? {} : { output_limit: outputLimit }),
    ...(env === undefined ? {} : { env }),
  };
  const lines: string[] = [];
  const { ctx, set, held } = fakeStepContext("deno", config, {
    ...given,
    onLine: (stream, line) => {
      lines.push(`${stream}: ${line}`);
      onLine?.(line);
    },
  });
  const ended = (result: ExecutionResult | undefined, error: unknown): ScriptRun => ({
    result,
    error,
    data: Object.assign({}, ...set),
    lines,
    held: held.at(-1),
  });
  try {
    return ended(await executor.run(ctx), undefined);
  } catch (error) {
    return ended(undefined, error);
  }
}
