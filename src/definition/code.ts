import type { WorkflowDefinition } from "./definition.ts";
import type { JsonObject } from "./json.ts";
import type { StepFunction } from "./step_body.ts";

/** What belongs to a definition in this program without being part of its data. */
export interface DefinitionCode {
  /** Step bodies by step key. */
  readonly bodies: ReadonlyMap<string, StepFunction>;
  /** Variables for the runs that this program starts. */
  readonly vars: JsonObject;
}

const codeOf = new WeakMap<object, DefinitionCode>();

const nothing: DefinitionCode = Object.freeze({
  bodies: new Map<string, StepFunction>(),
  vars: Object.freeze({}),
});

/** Ties code to a definition. A copy of the definition, through JSON for instance, has none. */
export function attachCode(definition: WorkflowDefinition, code: Partial<DefinitionCode>): void {
  codeOf.set(definition, { ...nothing, ...code });
}

/** The code tied to a definition; empty where there is none. */
export function getCode(definition: WorkflowDefinition): DefinitionCode {
  return codeOf.get(definition) ?? nothing;
}
