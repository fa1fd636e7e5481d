import { SeededRandom } from "../seeded_random.ts";
import { scenarios } from "./all.ts";
import type { Plan, Scenario } from "./scenario.ts";

/** A plan with its key and its workflow. */
export interface NamedPlan {
  /** Idempotency key of the run. */
  readonly key: string;
  /** Its workflow. */
  readonly scenario: Scenario;
  /** What is done to it. */
  readonly plan: Plan;
}

/** Run number `number` of a workload: the same for the same seed, whoever asks. `of` are the workflows to take turns. */
export function planOf(seed: string, number: number, of: readonly Scenario[] = scenarios): NamedPlan {
  const random = new SeededRandom(`${seed}/${number}`);
  const scenario = of[number % of.length]!;
  const key = `${seed}-${number}`;
  return { key, scenario, plan: scenario.plan(random, key, Math.floor(number / of.length)) };
}
