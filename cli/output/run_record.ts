import type { Attributes } from "../../src/definition/attributes.ts";
import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import type { JsonValue } from "../../src/definition/json.ts";
import type { Instance, Pointer } from "../../src/instance/instance.ts";
import { isSettled, type PointerStatus, type WorkflowStatus } from "../../src/instance/status.ts";
import type { ProgressNote } from "../../src/provider/persistence.ts";
import { type ErrorRecord, errorRecord, isoTime } from "./json.ts";
import { nameOf, RunView } from "./run_view.ts";

/** A run as `wfe show --output json` writes it. Times are texts in ISO 8601. */
export interface RunRecord {
  /** Id of the run. */
  readonly runId: string;
  /** Where it stands. */
  readonly status: WorkflowStatus;
  /** What it runs. */
  readonly definition: { readonly id: string; readonly version: number };
  /** What it is found by, where it has any. */
  readonly attributes?: Attributes;
  /**
   * Activations, each followed by those inside it, else in the order of their creation; then the steps that were not
   * reached: as Pending, or as Skipped where the flow has taken another way.
   */
  readonly steps: readonly StepRecord[];
}

/** One activation of a step. */
export interface StepRecord {
  /** Name of the step, numbered from its second activation on; of an undo, `undo of` and the name. */
  readonly name: string;
  /** How many activations it is inside of; left out at the top. */
  readonly depth?: number;
  /** Where it stands. */
  readonly status: PointerStatus;
  /** How often it was begun; 0 before it is reached. */
  readonly attempt: number;
  /** When the last attempt began. */
  readonly startedAt: string | null;
  /** What it says of how far it is, while it is under way; left out where it says nothing. */
  readonly note?: string;
  /** When it settled. */
  readonly endedAt: string | null;
  /** What it produced. */
  readonly output: JsonValue | null;
  /** The error of its last attempt; null once it is Complete. */
  readonly error: ErrorRecord | null;
}

/** Puts together what is recorded of a run; `note` is the last word of its steps. */
export function describeRun(
  run: Instance,
  definition: WorkflowDefinition,
  pointers: readonly Pointer[],
  note: ProgressNote | null = null,
): RunRecord {
  const view = new RunView(definition, pointers);
  const reached = new Set(pointers.map((pointer) => pointer.stepKey));
  const unreached = definition.steps.filter(({ key }) => !reached.has(key) && !view.isHidden(key));
  const { passed } = view;
  return {
    runId: run.id,
    status: run.status,
    definition: { id: run.definitionId, version: run.version },
    ...Object.keys(run.attributes).length > 0 && { attributes: run.attributes },
    steps: [
      ...inTreeOrder(pointers).filter(({ pointer }) => !view.isHidden(pointer.stepKey))
        .map(({ pointer, depth }) => describeStep(pointer, view.nameOfPointer(pointer.id), depth, note)),
      ...unreached.map((step) => {
        const isPassed = run.status === "Complete" || passed.has(step.key);
        return notReached(nameOf(step), view.depthOf(step.key), isPassed ? "Skipped" : "Pending");
      }),
    ],
  };
}

interface Place {
  readonly pointer: Pointer;
  readonly depth: number;
}

/** What is inside an activation stands behind it, branch by branch, undos last. */
function inTreeOrder(pointers: readonly Pointer[]): readonly Place[] {
  const ids = new Set(pointers.map(({ id }) => id));
  const inside = Map.groupBy(pointers, ({ parent }) => parent !== null && ids.has(parent) ? parent : null);
  const places: Place[] = [];
  const add = (parent: number | null, depth: number): void => {
    for (const pointer of (inside.get(parent) ?? []).toSorted(byBranch)) {
      places.push({ pointer, depth });
      add(pointer.id, depth + 1);
    }
  };
  add(null, 0);
  return places;
}

function byBranch(a: Pointer, b: Pointer): number {
  return Number(a.undoes !== null) - Number(b.undoes !== null) || a.branch - b.branch || a.id - b.id;
}

function describeStep(
  { id, status, attempt, startedAt, endedAt, output, error }: Pointer,
  name: string,
  depth: number,
  note: ProgressNote | null,
): StepRecord {
  return {
    name,
    ...(depth > 0 && { depth }),
    ...(note?.pointerId === id && !isSettled(status) && { note: note.text }),
    status,
    attempt,
    startedAt: isoTime(startedAt),
    endedAt: isoTime(endedAt),
    output,
    error: status === "Complete" ? null : errorRecord(error),
  };
}

function notReached(name: string, depth: number, status: "Pending" | "Skipped"): StepRecord {
  const nothing = { attempt: 0, startedAt: null, endedAt: null, output: null, error: null };
  return { name, ...(depth > 0 && { depth }), status, ...nothing };
}
