import { canonicalJson } from "./canonical_json.ts";
import type { StepDefinition, WorkflowDefinition } from "./definition.ts";
import { InvalidDefinitionError } from "./errors.ts";
import { policyProblems } from "./validate_policy.ts";
import { secretProblems } from "./validate_secrets.ts";
import { stepFormProblems, stepProblems } from "./validate_step.ts";
import {
  type Check,
  isList,
  isObject,
  isRecord,
  isString,
  isWholeFrom,
  memberProblems,
} from "./validate_value.ts";
import { wiringProblems } from "./validate_wiring.ts";

const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** What an id may look like, in words. */
export const idRule = "1 to 128 letters, digits, '_', '-' or '.', not beginning with '-' or '.'";

/** Most steps of a definition. */
export const mostSteps = 10_000;

/** Whether a text may be the id of a definition or a run. */
export function isValidId(id: unknown): id is string {
  return typeof id === "string" && idPattern.test(id);
}

/**
 * Checks that a value is a definition that can run, wherever it comes from: that it is JSON of the form of
 * {@linkcode WorkflowDefinition}, that its steps have what their types need, and that each is reached, within one scope.
 * Takes time in proportion to its size.
 *
 * @throws {InvalidDefinitionError} listing everything that is wrong
 */
export function validateDefinition(definition: unknown): asserts definition is WorkflowDefinition {
  const problems = [...definitionProblems(definition)];
  if (problems.length === 0) return;
  const id = isRecord(definition) && typeof definition.id === "string" ? definition.id : undefined;
  throw new InvalidDefinitionError(id, [...new Set(problems)]);
}

const isHistory: Check = (value) =>
  value === "full" ||
    isRecord(value) && Object.keys(value).length === 1 && isWholeFrom(0)(value.last) === null
    ? null
    : 'must be "full" or { last: a whole number from 0 }';

const members: Readonly<Record<keyof WorkflowDefinition & string, Check>> = {
  id: (value) => isValidId(value) ? null : `must have ${idRule}`,
  version: isWholeFrom(1),
  description: isString,
  onError: isObject,
  history: isHistory,
  secrets: isObject,
  steps: isList,
  "~data": () => "is never there",
};

function* definitionProblems(definition: unknown): Iterable<string> {
  try {
    canonicalJson(definition, "the definition", Infinity);
  } catch (error) {
    return yield (error as Error).message;
  }
  yield* memberProblems(definition, "the definition", members, ["id", "version", "steps"], "");
  if (!isRecord(definition)) return;
  const { onError, secrets, steps } = definition;
  if (isRecord(onError)) yield* policyProblems(onError, "the onError of the definition");
  if (isRecord(secrets)) yield* secretProblems(secrets);
  if (Array.isArray(steps)) yield* stepListProblems(steps);
}

function* stepListProblems(steps: readonly unknown[]): Iterable<string> {
  if (steps.length === 0) yield "it has no steps";
  if (steps.length > mostSteps) {
    return yield `it has ${steps.length} steps; at most ${mostSteps} are possible: loop, or split the workflow`;
  }
  const form = steps.flatMap((step, index) => [...stepFormProblems(step, index + 1)]);
  yield* form;
  if (form.length > 0) return;
  const checked = steps as readonly StepDefinition[];
  for (const key of repeated(checked.map((step) => step.key))) {
    yield `two steps have the key "${key}": give one a name or id of its own`;
  }
  for (const name of repeated(checked.flatMap((step) => step.name ?? []))) {
    yield `two steps have the name "${name}"`;
  }
  for (const step of checked) yield* stepProblems(step);
  yield* wiringProblems(checked);
}

function repeated(values: readonly string[]): Iterable<string> {
  const seen = new Set<string>();
  return values.filter((value) => seen.has(value) || !seen.add(value));
}
