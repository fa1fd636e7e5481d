import type { StepContext } from "../src/definition/step_context.ts";
import type { ExpressionScope } from "../src/yaml/expression/expression.ts";

/** What the expressions of a step can read. */
export function expressionScope(ctx: StepContext): ExpressionScope {
  const { id, attempt } = ctx.workflow;
  return { var: ctx.vars, data: ctx.data, run: { id, attempt }, secrets: ctx.secrets?.values ?? {} };
}
