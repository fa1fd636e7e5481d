import { findStep, type StepDefinition, type WorkflowDefinition } from "../definition/definition.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isBusy } from "../instance/status.ts";
import { type Advance, Change, type Moment } from "../instance/transition.ts";

/**
 * Moves a run to another definition; or says, completing a sentence, why that does not fit. What is open must be there
 * under the same keys. The raised epoch fences the owner: what runs starts again under the new definition.
 */
export function migrateInstance(
  state: InstanceState,
  from: WorkflowDefinition,
  to: { readonly definition: WorkflowDefinition; readonly hash: string },
  moment: Moment,
): Advance | string {
  for (const { stepKey } of state.pointers) {
    const before = findStep(from, stepKey);
    const after = findStep(to.definition, stepKey);
    if (!after) return `step "${stepKey}", where it stands, is not in version ${to.definition.version}`;
    const difference = before && differenceOf(before, after);
    if (difference) {
      return `step "${stepKey}", where it stands, ${difference} in version ${to.definition.version}`;
    }
  }
  const change = new Change(state, moment);
  for (const pointer of state.pointers) {
    if (!isBusy(pointer.status)) continue;
    change.movePointer(pointer.id, "Pending");
    change.tellStep("StepInterrupted", pointer);
  }
  change.set({
    epoch: state.instance.epoch + 1,
    owner: null,
    parkedReason: null,
    version: to.definition.version,
    definitionHash: to.hash,
  });
  change.tellRun("WorkflowMigrated", `to version ${to.definition.version}`);
  return change.done();
}

/** Branches and undos that are open are found by the shape of their steps. */
function differenceOf(before: StepDefinition, after: StepDefinition): string | null {
  if (before.type !== after.type) return `is of type "${after.type}" instead of "${before.type}"`;
  const branches = (step: StepDefinition): number => step.branches?.length ?? 0;
  if (branches(before) !== branches(after)) {
    return `has ${branches(after)} branches instead of ${branches(before)}`;
  }
  return null;
}
