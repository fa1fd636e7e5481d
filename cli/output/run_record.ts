import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import type { JsonValue } from "../../src/definition/json.ts";
import type { Instance, Pointer } from "../../src/instance/instance.ts";
import type { PointerStatus, WorkflowStatus } from "../../src/instance/status.ts";
import { type ErrorRecord, errorRecord, isoTime } from "./json.ts";
import { nameOf } from "./run_view.ts";

/** A run as `wfe show --output json` writes it. Times are texts in ISO 8601. */
export interface RunRecord {
  /** Id of the run. */
  readonly runId: string;
  /** Where it stands. */
  readonly status: WorkflowStatus;
  /** What it runs. */
  readonly definition: { readonly id: string; readonly version: number };
  /** Activations in the order of their creation, then the steps that are not reached yet, as Pending. */
  readonly steps: readonly StepRecord[];
}

/** One activation of a step. */
export interface StepRecord {
  /** Name of the step. */
  readonly name: string;
  /** Where it stands. */
  readonly status: PointerStatus;
  /** How often it was begun; 0 before it is reached. */
  readonly attempt: number;
  /** When the last attempt began. */
  readonly startedAt: string | null;
  /** When it settled. */
  readonly endedAt: string | null;
  /** What it produced. */
  readonly output: JsonValue | null;
  /** The error of its last attempt; null once it is Complete. */
  readonly error: ErrorRecord | null;
}

/** Puts together what is recorded of a run. */
export function describeRun(
  run: Instance,
  { steps }: WorkflowDefinition,
  pointers: readonly Pointer[],
): RunRecord {
  const names = new Map(steps.map((step) => [step.key, nameOf(step)]));
  const reached = new Set(pointers.map((pointer) => pointer.stepKey));
  return {
    runId: run.id,
    status: run.status,
    definition: { id: run.definitionId, version: run.version },
    steps: [
      ...pointers.map((pointer) => describeStep(pointer, names.get(pointer.stepKey) ?? pointer.stepKey)),
      ...steps.filter((step) => !step.end && !reached.has(step.key)).map((step) => notReached(nameOf(step))),
    ],
  };
}

function describeStep(
  { status, attempt, startedAt, endedAt, output, error }: Pointer,
  name: string,
): StepRecord {
  return {
    name,
    status,
    attempt,
    startedAt: isoTime(startedAt),
    endedAt: isoTime(endedAt),
    output,
    error: status === "Complete" ? null : errorRecord(error),
  };
}

function notReached(name: string): StepRecord {
  return { name, status: "Pending", attempt: 0, startedAt: null, endedAt: null, output: null, error: null };
}
