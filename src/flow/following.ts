import type { StepDefinition } from "../definition/definition.ts";
import type { JsonValue } from "../definition/json.ts";

/** Keys of the steps that follow a step: those that always do, and those whose outcome this is. */
export function followingOf({ next = [], outcomes = [] }: StepDefinition, outcome?: JsonValue): string[] {
  const matching = outcome === undefined
    ? []
    : outcomes.filter(({ value }) => equalJson(value, outcome)).map((matched) => matched.next);
  return [...next, ...matching];
}

function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      equalJson((a as Record<string, JsonValue>)[key]!, (b as Record<string, JsonValue>)[key]!)
    );
}
