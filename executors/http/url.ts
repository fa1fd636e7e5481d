import type { JsonValue } from "../../src/definition/json.ts";
import { isTemplate } from "../../src/definition/template.ts";
import { evaluateExpression, type ExpressionScope } from "../../src/yaml/expression/expression.ts";
import { ExpressionError } from "../../src/yaml/expression/expression_error.ts";
import { toText } from "../../src/yaml/expression/process_text.ts";
import { expressionsOf } from "../../src/yaml/expression/template.ts";

/**
 * The URL of a step, with the values of its expressions. A value at the beginning is taken as it is, and may be the
 * whole URL; one in the host may be a part of a host's name and nothing else; one behind the host is percent-encoded,
 * so that it stays the one piece of a path or query that it stands for.
 *
 * @throws {ExpressionError} when an expression cannot be evaluated, or its value cannot stand in its place
 */
export function renderUrl(url: JsonValue, scope: ExpressionScope): JsonValue {
  if (!isTemplate(url)) return url;
  let text = "";
  for (const part of url.template) {
    if (typeof part === "string") text += part;
    else text += valueBehind(text, part.expression, scope);
  }
  if (!leadsUp(text)) return text;
  const why = "a path with expressions cannot have . or .. as a piece: they lead to other folders";
  throw new ExpressionError(expressionsOf(url).join(" }} ${{ "), why);
}

function valueBehind(before: string, expression: string, scope: ExpressionScope): string {
  const value = toText(evaluateExpression(expression, scope));
  if (before === "") return value;
  const why = refusal(value, before);
  if (why !== undefined) throw new ExpressionError(expression, why);
  return isBehindHost(before) ? encodeURIComponent(value) : value;
}

function refusal(value: string, before: string): string | undefined {
  if (!value.isWellFormed()) return "a URL must be Unicode, received half a surrogate pair";
  if (!isBehindHost(before)) {
    return /^[A-Za-z0-9.:[\]-]*$/.test(value)
      ? undefined
      : `in the host of a URL it can have letters, digits, ".", "-" and ":", received ${
        JSON.stringify(value)
      }`;
  }
  return value === "" && !/[?#]/.test(before) ? "it is empty, and a path cannot go without it" : undefined;
}

function isBehindHost(text: string): boolean {
  return /^[^/?#]*:\/\/[^/?#\\]*[/?#\\]/.test(text);
}

function leadsUp(text: string): boolean {
  const path = text.replace(/[?#].*$/s, "").replaceAll("\\", "/");
  return path.split("/").slice(3).some((part) => /^(\.|%2e){1,2}$/i.test(part));
}
