import { defaultPayloadLimit } from "../../src/definition/canonical_json.ts";
import type { StepContext } from "../../src/definition/step_context.ts";
// Not by mod.ts, which also has the parsers that only loading a workflow needs.
import { evaluateExpression } from "../../src/yaml/expression/expression.ts";
import type { ScriptConfig } from "../../src/yaml/step_types/script.ts";
import { renderTemplate } from "../../src/yaml/expression/template.ts";
import { expressionScope } from "../expression_scope.ts";
import type { SandboxJob } from "./boot.ts";

/**
 * The job of a step's attempt, with the values of its expressions.
 *
 * @throws {ExpressionError} for an expression that has no value.
 */
export function stepJob(ctx: StepContext): SandboxJob {
  const { script, env = {}, output_limit } = ctx.step.config as unknown as ScriptConfig;
  const scope = expressionScope(ctx);
  const values = Object.entries(script.expressions).map(([name, source]) =>
    [name, JSON.stringify(evaluateExpression(source, scope))] as const
  );
  const variables = Object.entries(env).map(([name, value]) => [name, renderTemplate(value, scope)] as const);
  return makeJob(script.text, Object.fromEntries(variables), {
    data: JSON.stringify(ctx.data),
    vars: JSON.stringify(ctx.vars),
    expressions: Object.fromEntries(values),
    attempt: ctx.attempt,
    idempotencyKey: ctx.idempotencyKey,
    outputLimit: output_limit ?? ctx.limits.output,
  });
}

/** The job of a script that knows nothing. */
export function canaryJob(script: string): SandboxJob {
  return makeJob(script, {}, {
    data: "{}",
    vars: "{}",
    expressions: {},
    attempt: 1,
    idempotencyKey: "",
    outputLimit: defaultPayloadLimit,
  });
}

function makeJob(
  script: string,
  env: SandboxJob["env"],
  init: SandboxJob["init"],
): SandboxJob {
  return {
    nonce: crypto.randomUUID(),
    key: crypto.randomUUID(),
    answer: crypto.randomUUID(),
    mark: crypto.randomUUID(),
    script,
    env,
    init,
  };
}
