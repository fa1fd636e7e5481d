import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { Instance, Pointer, StepFailure } from "../../src/instance/instance.ts";
import type { StepEvent } from "../../src/instance/lifecycle_event.ts";
import { makeInstance, makePointer } from "../../src/instance/testing_state.ts";
import type { LogLine } from "../../src/provider/persistence.ts";

/** A definition of three steps and an end, for tests. */
export const sampleDefinition = {
  id: "deploy",
  version: 2,
  steps: [
    { key: "Lint", name: "Lint", type: "shell", next: ["build"] },
    { key: "build", name: "Build all", type: "shell", next: ["Notify"] },
    { key: "Notify", name: "Notify", type: "deno", next: ["end"] },
    { key: "end", type: "end" },
  ],
} as const satisfies WorkflowDefinition;

/** The error of a failed build. */
export const sampleFailure: StepFailure = {
  type: "ShellError",
  message: "Command ended with exit code 1\nlast line\x1b[31m",
  code: "SHELL",
  stack: null,
  step: "build",
  attempt: 2,
};

/** An event of the second step's activation, one second after its start. */
export function stepEvent(type: StepEvent["type"], change: Partial<StepEvent> = {}): StepEvent {
  return {
    type,
    runId: "run-1",
    definitionId: "deploy",
    sequence: 1,
    at: 2_000,
    pointerId: 2,
    stepKey: "build",
    undoes: null,
    attempt: 1,
    startedAt: 1_000,
    output: null,
    error: null,
    dueAt: null,
    ...change,
  };
}

/** A line of the second step. */
export function logLine(text: string): LogLine {
  return { runId: "run-1", pointerId: 2, attempt: 1, stream: "stdout", text, at: 1_500 };
}

/** What the second step says of how far it is. */
export function stepNote(text: string, change: Partial<StepNote> = {}): StepNote {
  return { runId: "run-1", pointerId: 2, stepKey: "build", attempt: 1, text, at: 1_500, ...change };
}

/** A run of the definition. */
export function sampleRun(change: Partial<Instance> = {}): Instance {
  return makeInstance({
    id: "run-1",
    definitionId: "deploy",
    version: 2,
    status: "Complete",
    data: { version: "007" },
    owner: null,
    sequence: 3,
    nextPointer: 3,
    createdAt: 1_000,
    endedAt: 3_000,
    ...change,
  });
}

/** An activation. */
export function samplePointer(change: Partial<Pointer> = {}): Pointer {
  return makePointer({
    stepKey: "Lint",
    status: "Complete",
    open: false,
    order: 2,
    attempt: 1,
    startedAt: 1_000,
    endedAt: 1_500,
    ...change,
  });
}
