import type { JsonValue } from "../../definition/json.ts";
import { isTemplate, type TemplateParts } from "../../definition/template.ts";
import { evaluateExpression, type ExpressionScope } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";
import { toText } from "./process_text.ts";

/** Most UTF-16 code units of one text with its expressions' values. */
const longestText = 4 * 1024 ** 2;

/**
 * A `config` with the values of its expressions. A text that is nothing but one expression becomes its value, a number
 * for instance; in other texts values stand as text. What comes out of an expression is never looked at for
 * expressions.
 *
 * @throws {ExpressionError} when one cannot be evaluated, or a text becomes longer than 4 Mi characters
 */
export function renderConfig(config: JsonValue, scope: ExpressionScope): JsonValue {
  if (isTemplate(config)) return renderParts(config, scope);
  if (isList(config)) return config.map((item) => renderConfig(item, scope));
  if (typeof config !== "object" || config === null) return config;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, renderConfig(value, scope)]]
    ),
  );
}

function renderParts({ template }: TemplateParts, scope: ExpressionScope): JsonValue {
  const [only, ...others] = template;
  if (typeof only === "object" && others.length === 0) return evaluateExpression(only.expression, scope);
  let text = "";
  for (const part of template) {
    const piece = typeof part === "string" ? part : toText(evaluateExpression(part.expression, scope));
    if (text.length + piece.length > longestText) {
      const source = typeof part === "string" ? "" : part.expression;
      throw new ExpressionError(source, `its text would have more than ${longestText} characters`);
    }
    text += piece;
  }
  return text;
}

// Array.isArray does not narrow readonly arrays away.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
