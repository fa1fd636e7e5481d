import { toFailure } from "../instance/failure.ts";
import type { Closing, Pointer } from "../instance/instance.ts";
import { isSettled } from "../instance/status.ts";
import { closerOf } from "./inside.ts";
import type { Flow } from "./flow.ts";

/** Looks after the `cancelWhen` of steps. */
export class Cancels {
  readonly #flow: Flow;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Closes whatever has begun and is to be cancelled; whether there was anything. */
  run(): boolean {
    const { change, program } = this.#flow;
    if (!program.hasCancels) return false;
    let any = false;
    for (const { id } of change.pointers) {
      const pointer = this.#flow.isGoing ? change.find(id) : undefined;
      // What has not begun is asked when it begins.
      if (!pointer || isSettled(pointer.status) || pointer.status === "Pending" || pointer.attempt === 0) {
        continue;
      }
      if (pointer.closing !== null || pointer.undoes !== null || closerOf(change, pointer) !== null) continue;
      if (this.apply(pointer)) any = true;
    }
    return any;
  }

  /** Closes an activation that is to be cancelled; whether it was. */
  apply(pointer: Pointer): boolean {
    const closing = this.#closingOf(pointer);
    if (closing) this.#flow.closure.close(pointer, closing);
    return closing !== null;
  }

  #closingOf(pointer: Pointer): Closing | null {
    const { stepKey, attempt } = pointer;
    const { cancelWhen } = this.#flow.program.code(stepKey);
    if (!cancelWhen) return null;
    try {
      return cancelWhen(this.#flow.data, this.#flow.scopeOf(pointer)) ? { kind: "cancel" } : null;
    } catch (error) {
      return { kind: "cancel", error: toFailure(error, stepKey, attempt) };
    }
  }
}
