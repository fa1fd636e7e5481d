import type { StepDefinition, WorkflowDefinition } from "./definition.ts";
import { InvalidDefinitionError } from "./errors.ts";

const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** What an id may look like, in words. */
export const idRule = "1 to 128 letters, digits, '_', '-' or '.', not beginning with '-' or '.'";

/** Whether a text may be the id of a definition or a run. */
export function isValidId(id: unknown): id is string {
  return typeof id === "string" && idPattern.test(id);
}

/**
 * Checks that a definition can run: a valid id and version, steps with unique keys and names, wiring that leads to
 * steps that exist, and no step that nothing leads to.
 *
 * @throws {InvalidDefinitionError} listing everything that is wrong
 */
export function validateDefinition(definition: WorkflowDefinition): void {
  const { id, version, steps } = definition;
  const problems: string[] = [];
  if (!isValidId(id)) problems.push(`the id must have ${idRule}, received ${JSON.stringify(id)}`);
  if (!Number.isSafeInteger(version) || version < 1) {
    problems.push(`the version must be a whole number from 1, received ${String(version)}`);
  }
  if (steps.length === 0) problems.push("it has no steps");
  problems.push(
    ...repeated(steps.map((step) => step.key)).map((key) => `two steps have the key "${key}"`),
    ...repeated(steps.flatMap((step) => step.name ?? [])).map((name) => `two steps have the name "${name}"`),
    ...wiringProblems(steps),
  );
  if (problems.length > 0) throw new InvalidDefinitionError(id, [...new Set(problems)]);
}

function wiringProblems(steps: readonly StepDefinition[]): string[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const dangling = steps.flatMap((step) =>
    (step.next ?? []).filter((key) => !byKey.has(key)).map((key) =>
      `step "${step.key}" leads to "${key}", which does not exist`
    )
  );
  const reached = new Set<string>();
  const open = steps.slice(0, 1).map((step) => step.key);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    open.push(...byKey.get(key)?.next ?? []);
  }
  const unreachable = steps.filter((step) => !reached.has(step.key)).map((step) =>
    `nothing leads to step "${step.key}"`
  );
  return [...dangling, ...unreachable];
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
