import type { StepDefinition, WorkflowDefinition } from "../../src/definition/definition.ts";
import type { JsonValue } from "../../src/definition/json.ts";

/** How the steps of a definition lie inside one another, and where they lead. */
export class StepTree {
  readonly #steps: ReadonlyMap<string, StepDefinition>;
  readonly #positions: ReadonlyMap<string, number>;
  readonly #around = new Map<string, string>();

  constructor({ steps }: WorkflowDefinition) {
    this.#steps = new Map(steps.map((step) => [step.key, step]));
    this.#positions = new Map(steps.map(({ key }, position) => [key, position]));
    for (const { key, branches = [] } of steps) {
      for (const inner of this.#reachable(branches)) this.#around.set(inner, key);
    }
  }

  /** Place in the order in which the steps are written: those inside a step come behind it. */
  positionOf(key: string): number {
    return this.#positions.get(key) ?? Infinity;
  }

  /** How many steps it is inside of. */
  depthOf(key: string): number {
    return this.around(key).length;
  }

  /** Keys of the steps that it is inside of, the innermost first. */
  around(key: string): readonly string[] {
    const keys: string[] = [];
    for (let outer = this.#around.get(key); outer !== undefined; outer = this.#around.get(outer)) {
      keys.push(outer);
    }
    return keys;
  }

  /** Keys of the steps that are out of reach because of a step's outcome. */
  avoided(key: string, outcome: JsonValue): ReadonlySet<string> {
    const { outcomes = [], next = [] } = this.#steps.get(key) ?? {};
    const value = JSON.stringify(outcome);
    const isTaken = (one: (typeof outcomes)[number]) => JSON.stringify(one.value) === value;
    const targets = (taken: boolean) =>
      outcomes.filter((one) => isTaken(one) === taken).map(({ next }) => next);
    return this.#reachable(targets(false)).difference(this.#reachable([...targets(true), ...next]));
  }

  /** These steps and all that may follow them in their branch. */
  #reachable(keys: readonly string[]): ReadonlySet<string> {
    const found = new Set(keys);
    // A set hands out what is added while it is walked.
    for (const key of found) {
      const { next = [], outcomes = [] } = this.#steps.get(key) ?? {};
      for (const following of next) found.add(following);
      for (const outcome of outcomes) found.add(outcome.next);
    }
    return found;
  }
}
