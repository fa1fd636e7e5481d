import type { Template } from "../../definition/template.ts";
import type { ExpressionScope } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";
import { refusal, renderExpression } from "./process_text.ts";
import { scanExpressions } from "./scan.ts";

/**
 * Compiles a text for an environment value, an argument or a path.
 *
 * @throws {TextProblem} when an expression is not closed.
 */
export function compileTemplate(text: string): Template {
  const occurrences = scanExpressions(text);
  if (occurrences.length === 0) return text;
  const parts: (string | { readonly expression: string })[] = [];
  let copied = 0;
  for (const { offset, end, source } of occurrences) {
    if (offset > copied) parts.push(text.slice(copied, offset));
    parts.push({ expression: source.trim() });
    copied = end;
  }
  if (copied < text.length) parts.push(text.slice(copied));
  return { template: parts };
}

/**
 * The text of a template, with the values of its expressions in their places.
 *
 * @throws {ExpressionError} when one cannot be evaluated, or when its value or the whole is not fit for a process
 * (see {@linkcode renderExpression}).
 */
export function renderTemplate(template: Template, scope: ExpressionScope): string {
  if (typeof template === "string") return template;
  const text = template.template.map((part) =>
    typeof part === "string" ? part : renderExpression(part.expression, scope)
  ).join("");
  const why = refusal(text);
  if (why !== undefined) throw new ExpressionError(expressionsOf(template).join(" }} ${{ "), why);
  return text;
}

/** The sources of a template's expressions. */
export function expressionsOf(template: Template): string[] {
  if (typeof template === "string") return [];
  return template.template.flatMap((part) => typeof part === "string" ? [] : [part.expression]);
}
