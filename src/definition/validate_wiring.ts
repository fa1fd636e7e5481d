import type { StepDefinition } from "./definition.ts";

/** Most steps that a step may lie inside of: what closes them goes through them one by one. */
export const mostNested = 500;

/** Where paths lead through steps: the workflow itself, or one branch of one step. */
interface Scope {
  readonly name: string;
  readonly depth: number;
}

/**
 * What is wrong with how steps lead to one another. Each step belongs to one scope, and a path stays in its scope, so
 * that it is known when a branch has ended. Loops within a scope are fine.
 */
export function* wiringProblems(steps: readonly StepDefinition[]): Iterable<string> {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const scopes = new Map<string, Scope>();
  const open: (readonly [key: string, scope: Scope, from: string])[] = [];
  if (steps[0]) open.push([steps[0].key, { name: "the workflow's own steps", depth: 0 }, ""]);
  for (let place = open.pop(); place; place = open.pop()) {
    const [key, scope, from] = place;
    const step = byKey.get(key);
    const known = scopes.get(key);
    if (!step) yield `step "${from}" leads to "${key}", which does not exist`;
    else if (known === undefined) {
      if (scope.depth > mostNested) {
        return yield `step "${key}" lies inside ${scope.depth} others; at most ${mostNested} are possible`;
      }
      scopes.set(key, scope);
      for (const next of followersOf(step)) open.push([next, scope, key]);
      step.branches?.forEach((first, index) => open.push([first, scopeInside(step, index, scope), key]));
    } else if (known !== scope) {
      yield `step "${from}" leads to "${key}", which is in ${known.name}, not in ${scope.name}: ` +
        "a path cannot leave its scope; give each a step of its own";
    }
  }
  for (const { key } of steps) {
    if (!scopes.has(key)) yield `nothing leads to step "${key}": remove it, or lead a step there`;
  }
}

function scopeInside({ key, branches = [] }: StepDefinition, index: number, { depth }: Scope): Scope {
  const name = branches.length === 1 ? `the branch of "${key}"` : `branch ${index + 1} of "${key}"`;
  return { name, depth: depth + 1 };
}

function followersOf({ next = [], outcomes = [] }: StepDefinition): readonly string[] {
  return [...next, ...outcomes.map((outcome) => outcome.next)];
}
