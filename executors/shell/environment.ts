import type { StepContext } from "../../src/definition/step_context.ts";
// Not by mod.ts, which also has the parsers that only loading a workflow needs.
import { renderExpression } from "../../src/yaml/expression/process_text.ts";
import { renderTemplate } from "../../src/yaml/expression/template.ts";
import type { ShellConfig } from "../../src/yaml/step_types/shell.ts";
import { expressionScope } from "../expression_scope.ts";

/**
 * The variables of a step: its own, the values of the expressions in its commands, and those of the engine.
 *
 * @throws {ExpressionError} Where an expression cannot be evaluated, or its value is not fit for a process.
 */
export function stepEnvironment(
  ctx: StepContext,
  config: ShellConfig,
  outputFile: string,
): Record<string, string> {
  const scope = expressionScope(ctx);
  const rendered = (entries: [string, string][]) => Object.fromEntries(entries);
  return {
    // First, so that a step can name another parent.
    ...(ctx.traceparent === undefined ? {} : { TRACEPARENT: ctx.traceparent }),
    ...rendered(
      Object.entries(config.env ?? {}).map(([name, value]) => [name, renderTemplate(value, scope)]),
    ),
    ...rendered(
      Object.entries(config.run?.expressions ?? {}).map((
        [name, source],
      ) => [name, renderExpression(source, scope)]),
    ),
    WFE_OUTPUT: outputFile,
    WFE_RUN_ID: ctx.workflow.id,
    WFE_STEP_NAME: ctx.step.name ?? ctx.step.key,
    WFE_ATTEMPT: String(ctx.attempt),
    WFE_IDEMPOTENCY_KEY: ctx.idempotencyKey,
  };
}
