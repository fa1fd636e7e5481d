import type { StepContext } from "../src/definition/step_context.ts";
import type { TemplateParts } from "../src/definition/template.ts";
import { renderTemplate } from "../src/yaml/expression/template.ts";
import { expressionScope } from "./expression_scope.ts";

/**
 * A text of a definition with the values of its expressions.
 *
 * @throws {ExpressionError} when one cannot be evaluated
 */
export function renderText(text: TemplateParts, ctx: StepContext): string {
  return renderTemplate(text, expressionScope(ctx));
}
