import type { StepDefinition, WorkflowDefinition } from "../../src/definition/definition.ts";
import type { JsonValue } from "../../src/definition/json.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { Pointer } from "../../src/instance/instance.ts";
import type { StepEvent } from "../../src/instance/lifecycle_event.ts";
import { isSettled } from "../../src/instance/status.ts";
import { StepTree } from "./step_tree.ts";

/** A step that has begun and is not over. */
export interface ActiveStep {
  /** Name for people. */
  readonly name: string;
  /** How many steps it is inside of. */
  readonly depth: number;
  /** Place of its step in the definition. */
  readonly position: number;
  /** What it does now. */
  readonly status: "running" | "waiting" | "retrying";
  /** The attempt under way, or before the pause. */
  readonly attempt: number;
  /** When the attempt or pause began, in milliseconds of `performance.now()`. */
  readonly since: number;
  /** Why it is tried again. */
  readonly problem: string | null;
  /** What it says of how far it is. */
  readonly note: string | null;
}

/** A step that may come yet. */
export interface StepToCome {
  /** Name for people. */
  readonly name: string;
  /** How many steps it is inside of. */
  readonly depth: number;
}

/** What is known of a run's steps: made from its definition and what is recorded, kept up by events. */
export class RunView {
  /** The workflow and its version. */
  readonly title: string;
  /** Names of the steps whose success was recorded before. */
  readonly recorded: readonly string[];
  readonly #tree: StepTree;
  readonly #steps: ReadonlyMap<string, StepDefinition>;
  readonly #names = new Map<number, string>();
  readonly #counts = new Map<string, number>();
  readonly #active = new Map<number, ActiveStep>();
  readonly #reached = new Set<string>();
  /** Steps that have ended, until they begin again: what is inside them does not come any more. */
  readonly #over = new Set<string>();
  /** By step: those that its outcome has left aside. */
  readonly #avoided = new Map<string, ReadonlySet<string>>();

  /** Only steps that are complete count as reached; the others begin with their next event. */
  constructor(definition: WorkflowDefinition, pointers: readonly Pointer[]) {
    this.title = `${definition.id} ${definition.version}`;
    this.#tree = new StepTree(definition);
    this.#steps = new Map(definition.steps.map((step) => [step.key, step]));
    for (const { id, stepKey, status, undoes, output } of pointers) {
      this.#nameActivation(id, stepKey, undoes);
      if (undoes !== null) continue;
      if (status === "Complete") this.#reached.add(stepKey);
      if (isSettled(status)) this.#end(stepKey, status === "Complete" ? output : undefined);
      else this.#reopen(stepKey);
    }
    const complete = pointers.filter(({ status, stepKey }) =>
      status === "Complete" && !this.isHidden(stepKey)
    );
    this.recorded = [...new Set(complete.map((pointer) => this.nameOf(pointer.stepKey)))];
  }

  /** Steps under way by the id of their activation, in the order in which they began. */
  get active(): ReadonlyMap<number, ActiveStep> {
    return this.#active;
  }

  /** The steps that have not begun and may come yet. */
  get toCome(): readonly StepToCome[] {
    return this.#unreached().filter(({ key }) => !this.#isPassed(key))
      .map((step) => ({ name: nameOf(step), depth: this.#tree.depthOf(step.key) }));
  }

  /** Keys of the steps that have not begun and will not: the flow has taken another way. */
  get passed(): ReadonlySet<string> {
    return new Set(this.#unreached().filter(({ key }) => this.#isPassed(key)).map(({ key }) => key));
  }

  /** Whether people need not hear of a step: the end of a workflow is told by the run itself. */
  isHidden(key: string): boolean {
    return this.#steps.get(key)?.type === "end";
  }

  /** The name of a step, by its key. */
  nameOf(key: string): string {
    const step = this.#steps.get(key);
    return step ? nameOf(step) : key;
  }

  /** How many steps a step is inside of. */
  depthOf(key: string): number {
    return this.#tree.depthOf(key);
  }

  /** The name of an activation: that of its step, numbered from its second on; or that it is the undo of one. */
  nameOfPointer(id: number): string {
    return this.#names.get(id) ?? `step ${id}`;
  }

  /** Takes in what a step under way says of how far it is. */
  applyNote({ pointerId, text }: StepNote): void {
    const step = this.#active.get(pointerId);
    if (step) this.#active.set(pointerId, { ...step, note: text });
  }

  /** Takes in what happened to a step. */
  apply(event: StepEvent): void {
    const { type, pointerId, stepKey, undoes, attempt, output } = event;
    this.#nameActivation(pointerId, stepKey, undoes);
    this.#reached.add(stepKey);
    const status = activeStatus[type];
    if (undoes === null) {
      if (status) this.#reopen(stepKey);
      else if (type !== "StepInterrupted") this.#end(stepKey, type === "StepCompleted" ? output : undefined);
    }
    if (!status || this.isHidden(stepKey)) return void this.#active.delete(pointerId);
    this.#active.set(pointerId, {
      name: this.nameOfPointer(pointerId),
      depth: this.depthOf(stepKey),
      position: this.#tree.positionOf(stepKey),
      status,
      attempt,
      since: performance.now(),
      problem: status === "retrying" ? event.error?.message ?? null : null,
      // What waits keeps its word until it is entered again.
      note: status === "waiting" ? this.#active.get(pointerId)?.note ?? null : null,
    });
  }

  #nameActivation(id: number, stepKey: string, undoes: number | null): void {
    if (this.#names.has(id)) return;
    if (undoes !== null) {
      this.#names.set(id, `undo of ${this.#names.get(undoes) ?? this.nameOf(stepKey)}`);
      return;
    }
    const count = (this.#counts.get(stepKey) ?? 0) + 1;
    this.#counts.set(stepKey, count);
    this.#names.set(id, count === 1 ? this.nameOf(stepKey) : `${this.nameOf(stepKey)} #${count}`);
  }

  /** `output` is what it completed with, if it did. */
  #end(stepKey: string, output: JsonValue | undefined): void {
    const { branches, outcomes } = this.#steps.get(stepKey) ?? {};
    if (branches) this.#over.add(stepKey);
    if (outcomes && output !== undefined) this.#avoided.set(stepKey, this.#tree.avoided(stepKey, output));
  }

  #reopen(stepKey: string): void {
    this.#over.delete(stepKey);
    this.#avoided.delete(stepKey);
  }

  #unreached(): StepDefinition[] {
    return [...this.#steps.values()].filter(({ key }) => !this.#reached.has(key) && !this.isHidden(key));
  }

  #isPassed(key: string): boolean {
    const avoided = [...this.#avoided.values()];
    const around = this.#tree.around(key);
    return around.some((outer) => this.#over.has(outer)) ||
      avoided.some((keys) => keys.has(key) || around.some((outer) => keys.has(outer)));
  }
}

const activeStatus: Partial<Record<StepEvent["type"], ActiveStep["status"]>> = {
  StepStarted: "running",
  StepCompensating: "running",
  StepWaiting: "waiting",
  StepRetrying: "retrying",
};

/** The name of a step for people. */
export function nameOf(step: StepDefinition): string {
  return step.name ?? step.key;
}
