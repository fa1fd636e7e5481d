import type { Primitive } from "../definition/definition.ts";
import { decideRules } from "./decide.ts";
import { delayRules } from "./delay.ts";
import { endRules } from "./end.ts";
import { forEachRules } from "./for_each.ts";
import { ifRules } from "./if.ts";
import { parallelRules } from "./parallel.ts";
import { sagaRules } from "./saga.ts";
import type { StepRules } from "./step_flow.ts";
import { waitForRules } from "./wait_for.ts";
import { whileRules } from "./while.ts";

const rules: Readonly<Record<Primitive, StepRules>> = {
  decide: decideRules,
  delay: delayRules,
  end: endRules,
  forEach: forEachRules,
  if: ifRules,
  parallel: parallelRules,
  saga: sagaRules,
  waitFor: waitForRules,
  while: whileRules,
};

/** The rules of a step type that the engine itself runs; undefined for one that has a body. */
export function rulesOf(type: string): StepRules | undefined {
  return Object.hasOwn(rules, type) ? rules[type as Primitive] : undefined;
}
