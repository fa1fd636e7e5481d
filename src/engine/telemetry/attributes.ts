import type { StepDefinition } from "../../definition/definition.ts";
import type { Instance, Pointer } from "../../instance/instance.ts";
import type { Attributes } from "./open_telemetry.ts";

/** Which run it is about. */
export function runAttributes(
  { id, definitionId, version }: Pick<Instance, "id" | "definitionId" | "version">,
): Attributes {
  return {
    "wfe.workflow.id": id,
    "wfe.workflow.definition.id": definitionId,
    "wfe.workflow.definition.version": BigInt(version),
  };
}

/** Which kind of step it is about: few values, fit for metrics. */
export function stepAttributes(
  definitionId: string,
  { key, type }: StepDefinition,
  undo: boolean,
): Attributes {
  return {
    "wfe.workflow.definition.id": definitionId,
    "wfe.step.key": key,
    "wfe.step.type": type,
    "wfe.step.undo": undo,
  };
}

/** Which attempt it is about. */
export function attemptAttributes(
  run: Instance,
  step: StepDefinition,
  { id, attempt, undoes }: Pointer,
): Attributes {
  return {
    ...runAttributes(run),
    ...stepAttributes(run.definitionId, step, undoes !== null),
    "wfe.step.activation": BigInt(id),
    "wfe.step.attempt": BigInt(attempt),
  };
}
