import type { JsonValue } from "../../src/definition/json.ts";

/** A value as JSON text; null stays null, so that rows stay small. */
export function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** What {@linkcode toJson} wrote. */
export function fromJson<Value = JsonValue>(text: string | null): Value | null {
  return text === null ? null : JSON.parse(text);
}
