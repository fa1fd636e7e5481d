import type { StepDefinition, WorkflowDefinition } from "../../src/definition/definition.ts";
import type { Pointer } from "../../src/instance/instance.ts";
import type { StepEvent } from "../../src/instance/lifecycle_event.ts";

/** A step that has begun and is not over. */
export interface ActiveStep {
  /** Name for people. */
  readonly name: string;
  /** What it does now. */
  readonly status: "running" | "waiting" | "retrying";
  /** The attempt under way, or before the pause. */
  readonly attempt: number;
  /** When the attempt or pause began, in milliseconds of `performance.now()`. */
  readonly since: number;
  /** Why it is tried again. */
  readonly problem: string | null;
}

/** What is known of a run's steps: made from its definition and what is recorded, kept up by events. */
export class RunView {
  /** The workflow and its version. */
  readonly title: string;
  /** Names of the steps whose success was recorded before. */
  readonly recorded: readonly string[];
  readonly #steps: readonly StepDefinition[];
  readonly #keys = new Map<number, string>();
  readonly #active = new Map<number, ActiveStep>();
  readonly #reached = new Set<string>();

  /** Only steps that are complete count as reached; the others begin with their next event. */
  constructor(definition: WorkflowDefinition, pointers: readonly Pointer[]) {
    this.title = `${definition.id} ${definition.version}`;
    this.#steps = definition.steps.filter((step) => !step.end);
    for (const { id, stepKey, status } of pointers) {
      this.#keys.set(id, stepKey);
      if (status === "Complete") this.#reached.add(stepKey);
    }
    const complete = pointers.filter((pointer) => pointer.status === "Complete");
    this.recorded = [...new Set(complete.map((pointer) => this.nameOf(pointer.stepKey)))];
  }

  /** Steps under way by the id of their activation, in the order in which they began. */
  get active(): ReadonlyMap<number, ActiveStep> {
    return this.#active;
  }

  /** Names of the steps that have not begun. */
  get toCome(): readonly string[] {
    return this.#steps.filter((step) => !this.#reached.has(step.key)).map(nameOf);
  }

  /** The name of a step, by its key. */
  nameOf(key: string): string {
    const step = this.#steps.find((step) => step.key === key);
    return step ? nameOf(step) : key;
  }

  /** The name of an activation's step. */
  nameOfPointer(id: number): string {
    const key = this.#keys.get(id);
    return key === undefined ? `step ${id}` : this.nameOf(key);
  }

  /** Takes in what happened to a step. */
  apply(event: StepEvent): void {
    const { pointerId, stepKey, attempt } = event;
    this.#keys.set(pointerId, stepKey);
    this.#reached.add(stepKey);
    const status = activeStatus[event.type];
    if (!status) return void this.#active.delete(pointerId);
    const problem = event.error?.message ?? null;
    this.#active.set(pointerId, {
      name: this.nameOf(stepKey),
      status,
      attempt,
      since: performance.now(),
      problem,
    });
  }
}

const activeStatus: Partial<Record<StepEvent["type"], ActiveStep["status"]>> = {
  StepStarted: "running",
  StepWaiting: "waiting",
  StepRetrying: "retrying",
};

/** The name of a step for people. */
export function nameOf(step: StepDefinition): string {
  return step.name ?? step.key;
}
