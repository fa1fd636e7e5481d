import type { Pointer } from "../instance/instance.ts";
import { isSettled } from "../instance/status.ts";
import type { Change } from "../instance/transition.ts";
import { holdsBranches, isInside } from "./inside.ts";
import type { Program } from "./program.ts";

/** Finds what is to be undone, in which order, from the state alone. */
export class Undoing {
  readonly #change: Change;
  readonly #program: Program;

  constructor(change: Change, program: Program) {
    this.#change = change;
    this.#program = program;
  }

  /**
   * What is to be undone next where an activation, or the run, is being closed: the failing activation first, then by
   * descending order; a container behind what is inside it.
   */
  next(container: Pointer | null): Pointer | null {
    const failing = container?.closing?.kind === "saga" ? container.closing.failing : null;
    const spared = this.#spared();
    let next: Pointer | null = null;
    for (const pointer of this.#change.pointers) {
      if (!this.#canBeUndone(pointer) || !this.#isToUndo(pointer, container, spared)) continue;
      if (pointer.id === failing && pointer.id !== container?.id) return pointer;
      if (!next || isBefore(pointer, next)) next = pointer;
    }
    return next;
  }

  /** Whether a retry of the run, which is about to end, would go on behind a pointer: no saga around it is undone. */
  isSpared(pointer: Pointer): boolean {
    if (this.#change.instance.ending?.status === "Complete") return false;
    const spared = this.#spared();
    return this.#sagasOf(pointer).every(({ id, status }) => isSettled(status) || spared.has(id));
  }

  /** The open sagas that the end of the run has undone. */
  undoneBy(end: "Complete" | "Failed" | "Terminated" | "Cancelled"): ReadonlySet<number> {
    const undone = new Set<number>();
    if (end === "Terminated") return undone;
    const spared = this.#spared();
    for (const pointer of this.#change.pointers) {
      if (isSettled(pointer.status) || !this.#isSaga(pointer)) continue;
      if (!spared.has(pointer.id)) undone.add(pointer.id);
    }
    return undone;
  }

  /** Whether one of these sagas is around a pointer. */
  isWithin(pointer: Pointer, sagas: ReadonlySet<number>): boolean {
    return this.#around(pointer).some(({ id }) => sagas.has(id));
  }

  /** Whether a saga that is open, and outside what has been closed, may have to undo a pointer inside it. */
  isKept(pointer: Pointer, closed: Pointer): boolean {
    for (const saga of this.#around(pointer)) {
      if (saga.id === closed.id || saga.status === "Compensated") return false;
      if (!isSettled(saga.status)) return true;
    }
    return false;
  }

  #isSaga({ stepKey, undoes }: Pointer): boolean {
    return undoes === null && this.#program.step(stepKey).type === "saga";
  }

  #canBeUndone(pointer: Pointer): boolean {
    const { stepKey, startedAt, undoes, status, closing } = pointer;
    if (undoes !== null || startedAt === null || this.#program.step(stepKey).undo === undefined) return false;
    return isSettled(status) ? status !== "Compensated" : closing?.kind !== "abort" && holdsBranches(pointer);
  }

  #isToUndo(pointer: Pointer, container: Pointer | null, spared: ReadonlySet<number>): boolean {
    const sagas = this.#sagasOf(pointer);
    if (container?.closing?.kind === "saga") return sagas.some(({ id }) => id === container.id);
    if (!container && pointer.id === this.#change.instance.ending?.undo) return true;
    return sagas.some((saga) =>
      !isSettled(saga.status) &&
      (container ? saga.id === container.id || isInside(this.#change, saga, container) : !spared.has(saga.id))
    );
  }

  /** The sagas around what ends the run: they are not undone. */
  #spared(): ReadonlySet<number> {
    const by = this.#change.instance.ending?.by ?? null;
    const pointer = by === null ? undefined : this.#change.find(by);
    return new Set(pointer ? this.#sagasOf(pointer).map(({ id }) => id) : []);
  }

  /** The sagas around a pointer, itself included, from the innermost. */
  #sagasOf(pointer: Pointer): Pointer[] {
    const around = this.#around(pointer);
    return this.#isSaga(pointer) ? [pointer, ...around] : around;
  }

  /** The sagas around a pointer, from the innermost. */
  #around(pointer: Pointer): Pointer[] {
    const sagas: Pointer[] = [];
    for (let id = pointer.saga; id !== null;) {
      const saga = this.#change.find(id);
      if (!saga) break;
      sagas.push(saga);
      id = saga.saga;
    }
    return sagas;
  }
}

function isBefore(a: Pointer, b: Pointer): boolean {
  // What can be undone has settled, or holds branches and got its place when it began.
  return a.order === b.order ? a.id > b.id : a.order! > b.order!;
}
