import { frozenJson } from "../definition/canonical_json.ts";
import type { JsonValue } from "../definition/json.ts";
import type { Pointer } from "../instance/instance.ts";
import { rulesOf } from "../steps/rules.ts";
import type { Flow } from "./flow.ts";

/** Most activations that begin in one transition; the rest begin in the next. */
const mostBegun = 1_000;

/** The activations that begin in one transition. */
export class Starts {
  readonly #flow: Flow;
  readonly #ready: number[] = [];
  #begun = 0;
  #missing: string | null = null;
  #isBlocked = false;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** A Pending activation is to begin. */
  add({ id }: Pointer): void {
    this.#ready.push(id);
  }

  /** Nothing begins, for a reason. */
  block(reason: string): void {
    this.#isBlocked = true;
    this.#missing = reason;
  }

  /** Whether nothing is to begin. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Begins what is ready, and what becomes ready by that without a body being run. */
  run(): void {
    // What begins may end the run, or make more ready.
    for (const id of this.#ready) {
      if (!this.#flow.isGoing || this.#begun >= mostBegun) break;
      this.#begin(id);
    }
    this.#ready.length = 0;
  }

  /** Why nothing of the run can begin in this program; null where something can, or where nothing is to begin. */
  get obstacle(): string | null {
    const { busy, pending } = this.#flow.change.pointers;
    const isStuck = this.#flow.isGoing && busy === 0 && pending > 0 && this.#begun < mostBegun;
    return isStuck || this.#isBlocked ? this.#missing : null;
  }

  #begin(id: number): void {
    const { change, program } = this.#flow;
    const pointer = change.find(id);
    if (pointer?.status !== "Pending") return;
    const isUndo = pointer.undoes !== null;
    const missing = program.missing(pointer.stepKey, isUndo);
    if (missing !== null) {
      this.#missing ??= missing;
      return;
    }
    this.#begun++;
    if (!isUndo && this.#flow.cancels.apply(pointer)) return;
    const step = this.#flow.stepOf(pointer);
    const rules = isUndo ? undefined : rulesOf(step.type);
    const begun = change.movePointer(id, isUndo ? "Compensating" : rules ? "Waiting" : "Running", {
      attempt: pointer.attempt + 1,
      startedAt: this.#flow.now,
      dueAt: null,
      endedAt: null,
      // What has branches is undone after what is in them, which settles later than it began.
      ...(step.branches && step.undo && !isUndo && { order: pointer.order ?? change.sequence }),
    });
    change.tellStep(isUndo ? "StepCompensating" : "StepStarted", begun);
    if (rules) this.#flow.apply(begun, () => rules.enter(this.#flow, begun, step));
    else if (pointer.startedAt === null && !isUndo) this.#takeInput(begun);
  }

  /** Computed once: the next attempt gets the same. */
  #takeInput(pointer: Pointer): void {
    const { change, data, failures } = this.#flow;
    const { input } = this.#flow.code(this.#flow.stepOf(pointer));
    if (!input) return;
    try {
      const value = (input(data, this.#flow.scopeOf(pointer)) ?? null) as JsonValue;
      change.movePointer(pointer.id, "Running", {
        input: frozenJson(value, "input", this.#flow.limits.output),
      });
    } catch (error) {
      // No body has been started: there is nothing to be undone, and the next attempt computes it.
      failures.fail(change.movePointer(pointer.id, "Running", { startedAt: null }), error);
    }
  }
}
