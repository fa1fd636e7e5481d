import type { StepCode } from "../definition/code.ts";
import {
  type CodeRole,
  getStep,
  isPrimitive,
  type StepDefinition,
  type WorkflowDefinition,
} from "../definition/definition.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { defaultPayloadLimits, type PayloadLimits } from "../definition/payload_limits.ts";

/** A definition together with the code that this program has for it. */
export interface Program {
  /** The definition. */
  readonly definition: WorkflowDefinition;
  /** How large may be what is kept of its runs. */
  readonly limits: PayloadLimits;
  /** Whether a step of it has a `cancelWhen`. */
  readonly hasCancels: boolean;
  /** The step with a key. */
  step(key: string): StepDefinition;
  /** The code of a step; empty where it has none. */
  code(key: string): StepCode;
  /** Why a step, or its undo, cannot be run by this program; null where it can. */
  missing(key: string, undo: boolean): string | null;
  /** Whether every step, and every undo, can be run by this program. */
  isComplete(): boolean;
  /** What happens when a step fails that is in no saga. */
  policyOf(step: StepDefinition): ErrorPolicy;
}

/** For code: a step without a policy anywhere is tried four times. Executors' steps fail at once. */
export const codePolicy: ErrorPolicy = ErrorBehavior.retry({
  interval: "1s",
  maxRetries: 3,
  backoff: 2,
  jitter: 0.1,
});

const none: StepCode = Object.freeze({});

/**
 * Ties a definition to code.
 *
 * @param steps code by step key
 * @param hasExecutor whether an executor runs steps of a type
 * @param limits how large may be what is kept of its runs
 */
export function makeProgram(
  definition: WorkflowDefinition,
  steps: ReadonlyMap<string, StepCode>,
  hasExecutor: (type: string) => boolean = () => true,
  limits: PayloadLimits = defaultPayloadLimits,
): Program {
  const code = (key: string): StepCode => steps.get(key) ?? none;
  const lacks = (key: string, role: CodeRole | "body"): string | null => {
    const { id, version } = definition;
    return code(key)[role]
      ? null
      : `step "${key}" of workflow "${id}" version ${version} has no ${role} in this program`;
  };
  const missing = (key: string, undo: boolean): string | null => {
    if (undo) return lacks(key, "undo");
    const { type, code: roles } = getStep(definition, key);
    if (type === "code") {
      const reason = lacks(key, "body");
      if (reason) return reason;
    } else if (!isPrimitive(type) && !hasExecutor(type)) {
      return `no executor is set up for step "${key}" of type "${type}"`;
    }
    for (const role of roles ?? []) {
      const reason = lacks(key, role);
      if (reason) return reason;
    }
    return null;
  };
  let isComplete = false;
  return {
    definition,
    limits,
    hasCancels: definition.steps.some((step) => step.code?.includes("cancelWhen")),
    step: (key) => getStep(definition, key),
    code,
    missing,
    // An executor may be set up later.
    isComplete: () => isComplete ||= definition.steps.every(({ key }) => missing(key, false) === null),
    policyOf: (step) =>
      step.onError ?? definition.onError ??
        (step.type === "code" || isPrimitive(step.type) ? codePolicy : ErrorBehavior.fail()),
  };
}
