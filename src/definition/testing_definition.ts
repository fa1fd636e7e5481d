import { ok } from "node:assert/strict";
import { InvalidDefinitionError } from "./errors.ts";
import { validateDefinition } from "./validate.ts";

/** A value that may be anything. */
export type Given = Readonly<Record<string, unknown>>;

/** What is wrong with a definition of these steps. */
export function problemsOf(steps: readonly unknown[], header: Given = {}): readonly string[] {
  return refusal({ id: "test", version: 1, steps, ...header });
}

/** What is wrong with a definition. Any other error fails the test. */
export function refusal(definition: unknown): readonly string[] {
  try {
    validateDefinition(definition);
    return [];
  } catch (error) {
    ok(error instanceof InvalidDefinitionError, `threw ${error}`);
    ok(error.problems.length > 0);
    return error.problems;
  }
}

/** A step of code. */
export function step(key: string, more: Given = {}): Given {
  return { key, type: "code", ...more };
}

/** A step of a type, with a step for each of its branches. */
export function alone(type: string, more: Given = {}): readonly unknown[] {
  const keys = [...(more.branches ?? []) as string[]].filter((key, index, all) => all.indexOf(key) === index);
  return [{ key: "a", type, ...more }, ...keys.map((key) => step(key))];
}
