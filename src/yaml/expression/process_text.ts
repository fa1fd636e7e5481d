import { bytesOf } from "../../definition/bytes_of.ts";
import type { JsonValue } from "../../definition/json.ts";
import { evaluateExpression, type ExpressionScope } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";

/** Most bytes, in UTF-8, of a value that is handed to a process. Linux takes 128 KiB an argument or variable. */
export const MAX_PROCESS_TEXT = 100 * 1024;

/**
 * The value of an expression as text for a process: a string as it is, numbers, booleans, objects and arrays as
 * JSON, null as nothing.
 *
 * @throws {ExpressionError} when it cannot be evaluated, or when the text holds NUL or half a surrogate pair, or is
 * over {@linkcode MAX_PROCESS_TEXT} bytes.
 */
export function renderExpression(source: string, scope: ExpressionScope): string {
  const text = toText(evaluateExpression(source, scope));
  const why = refusal(text);
  if (why !== undefined) throw new ExpressionError(source, why);
  return text;
}

/** Why a text cannot be handed to a process, or `undefined`. */
export function refusal(text: string): string | undefined {
  if (text.includes("\0")) return "a text for a process cannot hold NUL";
  if (!text.isWellFormed()) return "a text for a process must be Unicode, received half a surrogate pair";
  const bytes = bytesOf(text);
  if (bytes <= MAX_PROCESS_TEXT) return undefined;
  return `a text for a process can have ${MAX_PROCESS_TEXT} bytes, received ${bytes}; hand it over in a file`;
}

/** A value as text: a string as it is, null as nothing, others as JSON. */
export function toText(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
