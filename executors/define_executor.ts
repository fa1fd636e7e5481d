/**
 * Step types of your own: a schema for the `config` of a step, and a body that gets it checked.
 *
 * @module
 */
import { checkAtOnce } from "../src/definition/check_config.ts";
import type { ExecutionResult } from "../src/definition/execution_result.ts";
import type { JsonObject, JsonValue } from "../src/definition/json.ts";
import { placeOf, type StandardSchema } from "../src/definition/standard_schema.ts";
import { type StepExecutor, type StepReturn, toExecutionResult } from "../src/definition/step_body.ts";
import type { StepContext } from "../src/definition/step_context.ts";
import type { ExpressionScope } from "../src/yaml/expression/expression.ts";
import { renderConfig } from "../src/yaml/expression/render_config.ts";
import { expressionScope } from "./expression_scope.ts";
import { renderText } from "./render_text.ts";

/** What {@linkcode defineExecutor} makes an executor from. */
export interface ExecutorDefinition<Config> {
  /** What steps name by `type`. */
  readonly type: string;
  /**
   * What the `config` of a step must be, its expressions replaced by their values. A schema of any library that keeps
   * to Standard Schema; it has to answer at once.
   */
  readonly schema: StandardSchema<unknown, Config>;
  /**
   * Does the work of the step, as a body in code does. When `ctx.signal` aborts, ends what it started and throws
   * `ctx.signal.reason`.
   */
  readonly run: (config: Config, ctx: StepContext) => StepReturn | Promise<StepReturn>;
  /**
   * For keys of `config` in which a value must not stand as it is: gives the value of the key for the run.
   * @default texts are put together as they are
   */
  readonly render?: Readonly<Record<string, (value: JsonValue, scope: ExpressionScope) => JsonValue>>;
}

/** An executor whose steps have a schema: a host takes it, and YAML takes it as a step type. */
export interface Executor<Config = unknown> extends StepExecutor {
  /** What `config` must be. */
  readonly schema: StandardSchema<unknown, Config>;
}

/** The `config` of a step, with the values of its expressions, does not fit the schema of its type. */
export class StepConfigError extends TypeError {
  /** Tells this error from others. */
  readonly code = "STEP_CONFIG";
  /** Another attempt would get the same values. */
  readonly retryable = false;
  /** What is wrong, with its place, a sentence each. */
  readonly problems: readonly string[];

  /** `step` is the key of the step. */
  constructor(step: string, problems: readonly string[]) {
    super(`Cannot run step "${step}": ${problems.join("; ")}`);
    this.name = "StepConfigError";
    this.problems = problems;
  }
}

/**
 * Makes a step type of your own: for steps of the builder, `{ type, config }`, and of YAML alike.
 *
 * The `config` is checked when a definition is registered, and in YAML with line and column, except where an expression
 * stands; then again, with the values of its expressions, when the step runs. The body gets what the schema gives on,
 * with its defaults. What it returns is the step's output; `ctx.set` makes it data for later steps.
 *
 * @example A step type with a default
 * ```ts
 * import { z } from "zod";
 * import { defineExecutor } from "@wfe/engine/executor";
 * import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
 *
 * const greet = defineExecutor({
 *   type: "greet",
 *   schema: z.strictObject({ name: z.string().min(1), greeting: z.string().default("Hello") }),
 *   run: ({ name, greeting }, ctx) => ctx.set({ said: `${greeting} ${name}` }),
 * });
 * const definition = new WorkflowBuilder()
 *   .startWith({ type: "greet", config: { name: "Ada" } }).name("Greet")
 *   .build("hello", 1);
 *
 * await using host = new WorkflowHostBuilder().useExecutor(greet).build();
 * host.registerWorkflow(definition);
 * await host.start();
 * const run = await host.startWorkflow("hello");
 * console.log(await run.result()); // { said: "Hello Ada" }
 * ```
 */
export function defineExecutor<Config>(definition: ExecutorDefinition<Config>): Executor<Config> {
  const { type, schema, run } = definition;
  return {
    type,
    schema,
    renderText,
    run: async (ctx): Promise<ExecutionResult> =>
      toExecutionResult(await run(readConfig(definition, ctx), ctx)),
  };
}

function readConfig<Config>({ schema, render = {} }: ExecutorDefinition<Config>, ctx: StepContext): Config {
  const scope = expressionScope(ctx);
  const config: JsonObject = Object.fromEntries(
    Object.entries(ctx.step.config ?? {}).flatMap(([key, value]) => {
      const renderer = Object.hasOwn(render, key) ? render[key]! : renderConfig;
      return value === undefined ? [] : [[key, renderer(value, scope)]];
    }),
  );
  const result = checkAtOnce(schema, config);
  if (!result.issues) return result.value;
  throw new StepConfigError(
    ctx.step.key,
    result.issues.map((issue) => `${placeOf(issue, "config")}: ${issue.message}`),
  );
}
