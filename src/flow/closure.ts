import type { Closing, Ending, Pointer, StepFailure } from "../instance/instance.ts";
import { isBusy, isEnded, isSettled } from "../instance/status.ts";
import type { Change } from "../instance/transition.ts";
import type { Flow } from "./flow.ts";
import { dropForks } from "./forks.ts";
import { type Closer, closerOf, holdsBranches, isInside } from "./inside.ts";
import { Undoing } from "./undoing.ts";

/**
 * Closes activations and runs: what runs inside is cut short, and when it has settled, what has to be undone is undone,
 * one activation at a time; then the flow goes on, or the run ends. Everything is found in the stored state, so that
 * another host goes on where one has died.
 */
export class Closure {
  readonly #flow: Flow;
  readonly #undoing: Undoing;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#undoing = new Undoing(flow.change, flow.program);
  }

  get #change(): Change {
    return this.#flow.change;
  }

  /** Closes an activation. */
  close(pointer: Pointer, closing: Closing): void {
    const { id, status } = pointer;
    const isLeaf = !holdsBranches(pointer);
    if (isLeaf && !isBusy(status)) return this.#cancelled(pointer, closing);
    const closed = this.#change.movePointer(id, status, { closing });
    if (isLeaf) return this.#change.abort(id);
    this.#cutShort((inner) => inner.id !== id && isInside(this.#change, inner, closed));
    this.#advance(id);
  }

  /** Ends the run. What has begun to end it before has its way. */
  end(ending: Ending): void {
    if (this.#change.instance.ending) return;
    this.#change.set({ ending });
    this.#cutShort(() => true);
    this.#advance("run");
  }

  /** Goes on with ending the run, if it is about to end. */
  goOnEnding(): void {
    const { ending, status } = this.#change.instance;
    if (ending && !isEnded(status)) this.#advance("run");
  }

  /** Every path through the run has ended. */
  finishFlow(): void {
    if (!this.#change.instance.ending) this.finishRun("Complete", { error: null, reason: null });
  }

  /**
   * After a pointer has settled: whether nothing follows it, because something around it is being closed, which goes on
   * then. Where the run is about to end in a way that can be retried, what follows is kept for that.
   */
  settledInside(pointer: Pointer): boolean {
    const closer = closerOf(this.#change, pointer);
    if (closer === null || closer === "run" && this.#undoing.isSpared(pointer)) return false;
    this.#advance(closer);
    return true;
  }

  /** A body was cut short, or has asked for more when it should not; whether that was because it is being closed. */
  stopped(pointer: Pointer): boolean {
    if (pointer.undoes !== null) return false;
    const closer = closerOf(this.#change, pointer);
    if (closer === null && pointer.closing?.kind !== "cancel") return false;
    this.#stop(pointer, closer);
    if (closer !== null) this.#advance(closer);
    return true;
  }

  /** A Pending activation is kept for a retry of the run, which is about to end. */
  skip(pointer: Pointer): void {
    this.#cancelLeaf(pointer, true);
  }

  /** Goes on with what was being closed when a host died. */
  resume(): void {
    const { pointers } = this.#change;
    for (const { id, status } of pointers) {
      const pointer = status === "Pending" ? this.#change.find(id) : undefined;
      if (pointer?.status !== "Pending" || pointer.undoes !== null) continue;
      const closer = closerOf(this.#change, pointer);
      if (closer !== null || pointer.closing?.kind === "cancel") this.#stop(pointer, closer);
    }
    // The innermost first: it has the greatest id.
    const closing = [...pointers].filter((pointer) => pointer.closing && holdsBranches(pointer)).reverse();
    for (const { id } of closing) {
      const pointer = this.#change.find(id);
      if (!pointer || isSettled(pointer.status)) continue;
      if (pointer.closing && pointer.closing.kind !== "abort") this.#advance(id);
    }
  }

  /** An undo has been done. */
  undone(undo: Pointer): void {
    const { instance } = this.#change;
    const id = undo.undoes!;
    const target = this.#change.find(id);
    if (instance.ending?.undo === id) this.#change.set({ ending: { ...instance.ending, undo: null } });
    else if (target && undo.parent === id) return this.#finish(target);
    else if (target && isSettled(target.status)) this.#change.release(id);
    else if (target) this.#change.movePointer(id, target.status, { closing: { kind: "abort" } });
    this.#advance(undo.parent ?? "run");
  }

  /** The run ends now: what is still open is cancelled, and kept where a retry would open it again. */
  finishRun(
    status: "Complete" | "Failed" | "Terminated" | "Cancelled",
    { error, reason }: { readonly error: StepFailure | null; readonly reason: string | null },
  ): void {
    const change = this.#change;
    const undone = this.#undoing.undoneBy(status);
    const gone = new Set<number>();
    for (const { id } of change.pointers) {
      const pointer = change.pointer(id);
      const isUndone = undone.has(id);
      const goes = status === "Complete" || this.#undoing.isWithin(pointer, undone);
      if (goes || isUndone) gone.add(id);
      if (isSettled(pointer.status)) {
        if (goes) change.release(id);
      } else if (isUndone) {
        // A saga that was undone starts again when the run is retried, unless one around it does.
        this.#flow.settle(pointer, "Compensated", { open: !goes, closing: null });
      } else {
        const { join, order } = pointer;
        this.#flow.settle(pointer, "Cancelled", { open: !goes, wait: null, join, order });
      }
    }
    dropForks(change, gone);
    change.moveRun(status);
    change.set({
      error,
      reason,
      ending: status === "Terminated" ? this.#lastingEnding() : null,
      parkedReason: null,
      endedAt: change.moment.now,
      ...(status === "Complete" && { forks: {} }),
    });
    change.tellRun(status === "Complete" ? "WorkflowCompleted" : `Workflow${status}`, reason);
  }

  /** An ending that has got so far that retrying the run goes on with it: its end is recorded, or it undoes. */
  #lastingEnding(): Ending | null {
    const { ending } = this.#change.instance;
    if (ending?.status === "Complete") return ending;
    const undoes = [...this.#change.pointers].some((pointer) =>
      pointer.undoes !== null && pointer.parent === null
    );
    return undoes ? ending : null;
  }

  /** Cancels what waits, and cuts short what runs. Undos that are under way are left to end. */
  #cutShort(inside: (pointer: Pointer) => boolean): void {
    const run = this.#change.instance.ending !== null;
    for (const pointer of this.#change.pointers) {
      if (isSettled(pointer.status) || pointer.undoes !== null || !inside(pointer)) continue;
      if (isBusy(pointer.status)) this.#change.abort(pointer.id);
      else if (!holdsBranches(pointer)) this.#cancelLeaf(pointer, run);
    }
  }

  #stop(pointer: Pointer, closer: Closer | null): void {
    if (closer !== null) this.#cancelLeaf(pointer, closer === "run");
    else this.#cancelled(pointer, pointer.closing!);
  }

  #cancelLeaf(pointer: Pointer, retryable: boolean): Pointer {
    const begun = pointer.attempt > 0;
    // One that was to start again has been undone.
    const isUndone = begun && this.#flow.stepOf(pointer).type === "saga";
    return this.#flow.settle(pointer, isUndone ? "Compensated" : begun ? "Cancelled" : "Skipped", {
      ...(isUndone && { open: false }),
      ...(retryable
        ? { open: true, closing: null, wait: null, join: pointer.join }
        : { closing: { kind: "abort" } }),
    });
  }

  /** Its `cancelWhen` has cancelled an activation that holds no branches. */
  #cancelled(pointer: Pointer, closing: Closing): void {
    if (closing.kind === "cancel" && closing.error) this.#flow.failures.giveUp(pointer, closing.error);
    else this.#goOnBehind(this.#cancelLeaf(pointer, false));
  }

  /** The flow goes on behind a cancelled activation, or its branch ends. */
  #goOnBehind(cancelled: Pointer): void {
    if (this.#flow.stepOf(cancelled).cancelProceeds) this.#flow.follow(cancelled);
    else if (!this.settledInside(cancelled)) this.#flow.branchEnd(cancelled);
  }

  /** Goes on with closing, once nothing inside runs. */
  #advance(closer: Closer): void {
    const container = closer === "run" ? null : this.#change.pointer(closer);
    for (const pointer of this.#change.pointers) {
      const { id, status, undoes, closing } = pointer;
      if (id === container?.id || !isInside(this.#change, pointer, container)) continue;
      // An undo that has failed for good keeps everything else waiting, until somebody resumes the run.
      if (undoes !== null) return;
      if (!isSettled(status) && (isBusy(status) || closing !== null && closing.kind !== "abort")) return;
    }
    const target = this.#undoing.next(container);
    if (!target) return container ? this.#finish(container) : this.#finishEnding();
    const { id, stepKey, item } = target;
    const parent = container?.id ?? null;
    this.#flow.enqueue(this.#change.create({ stepKey, parent, branch: -1, item, undoes: id }));
  }

  #finishEnding(): void {
    const { status, error, reason } = this.#change.instance.ending!;
    this.finishRun(status, { error, reason });
  }

  /** Nothing is left inside: what is open there is forgotten, and the flow goes on as the reason for closing says. */
  #finish(container: Pointer): void {
    const closing = container.closing!;
    this.#clear(container);
    switch (closing.kind) {
      case "saga":
        return this.#flow.failures.sagaUndone(container, closing);
      case "join":
        this.#change.movePointer(container.id, container.status, { closing: null });
        return this.#flow.complete(this.#change.pointer(container.id), closing.result);
      case "branch": {
        const ended = this.#settleContainer(container);
        return void (this.settledInside(ended) || this.#flow.failures.branchFailed(ended, closing.error));
      }
      case "cancel":
        if (closing.error) return this.#flow.failures.giveUp(container, closing.error);
        return this.#goOnBehind(this.#settleContainer(container));
    }
  }

  /** Cancels an activation inside which nothing is left; a saga has been undone by that. */
  #settleContainer(container: Pointer): Pointer {
    const isSaga = this.#flow.stepOf(container).type === "saga";
    return this.#flow.settle(container, isSaga ? "Compensated" : "Cancelled", {
      closing: { kind: "abort" },
      // What has been undone already is not undone again by a saga around.
      ...((isSaga || container.closing?.kind === "abort") && { open: false }),
    });
  }

  #clear(container: Pointer): void {
    const cleared = new Set([container.id]);
    for (const { id } of this.#change.pointers) {
      const pointer = this.#change.find(id);
      if (!pointer || id === container.id) continue;
      // What was inside a container that is done is found by its saga alone.
      if (!isInside(this.#change, pointer, container) && !this.#undoing.isWithin(pointer, cleared)) continue;
      cleared.add(id);
      const settled = isSettled(pointer.status) ? pointer : this.#settleContainer(pointer);
      const isKept = this.#flow.isToBeUndone(settled) && this.#undoing.isKept(settled, container);
      if (settled.open && !isKept) this.#change.release(id);
    }
    dropForks(this.#change, cleared);
  }
}
