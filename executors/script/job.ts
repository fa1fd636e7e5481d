import { defaultPayloadLimit } from "../../src/definition/canonical_json.ts";
import type { StepContext } from "../../src/definition/step_context.ts";
// Not by mod.ts, which also has the parsers that only loading a workflow needs.
import { evaluateExpression } from "../../src/yaml/expression/expression.ts";
import type { ScriptConfig } from "../../src/yaml/step_types/script.ts";
import { renderTemplate } from "../../src/yaml/expression/template.ts";
import { expressionScope } from "../expression_scope.ts";
import type { SandboxJob } from "./boot.ts";
import { type ScriptGrant, workerPermissions } from "./permissions.ts";
import { workerBoot } from "./worker_boot.ts";
import { workerConsole } from "./worker_console.ts";

const workerBootSource = `(${workerBoot})(${workerConsole})`;

/**
 * The job of a step's attempt, with the values of its expressions.
 *
 * @throws {ExpressionError} for an expression that has no value.
 */
export function stepJob(grant: ScriptGrant, ctx: StepContext): SandboxJob {
  const { script, env = {}, output_limit } = ctx.step.config as unknown as ScriptConfig;
  const scope = expressionScope(ctx);
  const values = Object.entries(script.expressions).map(([name, source]) =>
    [name, JSON.stringify(evaluateExpression(source, scope))] as const
  );
  const variables = Object.entries(env).map(([name, value]) => [name, renderTemplate(value, scope)] as const);
  return makeJob(script.text, grant, Object.fromEntries(variables), {
    data: JSON.stringify(ctx.data),
    vars: JSON.stringify(ctx.vars),
    expressions: Object.fromEntries(values),
    attempt: ctx.attempt,
    idempotencyKey: ctx.idempotencyKey,
    outputLimit: output_limit ?? ctx.limits.output,
  });
}

/** The job of a script that knows nothing. */
export function canaryJob(script: string, grant: ScriptGrant): SandboxJob {
  return makeJob(script, grant, {}, {
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
  grant: ScriptGrant,
  env: SandboxJob["env"],
  init: SandboxJob["init"],
): SandboxJob {
  return {
    nonce: crypto.randomUUID(),
    key: crypto.randomUUID(),
    answer: crypto.randomUUID(),
    mark: crypto.randomUUID(),
    script,
    workerBoot: workerBootSource,
    env,
    permissions: workerPermissions(grant),
    init,
  };
}
