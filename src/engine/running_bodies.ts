import type { Pointer } from "../instance/instance.ts";
import type { Attempt, Outcome } from "./attempt.ts";
import type { StepInterruptedError } from "./errors.ts";
import type { Slots } from "./slots.ts";

/** A body that runs, or waits for its turn. */
interface Body {
  readonly pointer: Pointer;
  /** Null until it has its turn: it begins with what is known then. */
  attempt: Attempt | null;
  /** Gives up waiting for its turn. */
  turn: Disposable | null;
  /** Whether it has given up waiting. */
  gaveUp: boolean;
}

/** What {@linkcode RunningBodies} needs. */
export interface RunningBodiesParts {
  /** Id of the run. */
  readonly runId: string;
  /** Bounds how many bodies run. */
  readonly slots: Slots;
  /** Whether a body whose turn has come may begin. */
  readonly mayBegin: () => boolean;
  /** Makes the attempt of an activation whose turn has come. */
  readonly attempt: (pointer: Pointer, over: (outcome: Outcome) => void) => Attempt;
  /** A body has ended, or will not begin. It counts until it is removed. */
  readonly over: (pointer: Pointer, outcome: Outcome) => void;
}

/** The step bodies of one run that run now, or wait for their turn: one for each activation that is busy. */
export class RunningBodies {
  readonly #parts: RunningBodiesParts;
  readonly #bodies = new Map<number, Body>();

  constructor(parts: RunningBodiesParts) {
    this.#parts = parts;
  }

  /** How many there are. */
  get size(): number {
    return this.#bodies.size;
  }

  /** Whether this attempt of an activation has not ended yet. */
  runs({ id, attempt }: Pointer): boolean {
    return this.#bodies.get(id)?.pointer.attempt === attempt;
  }

  /** Starts the body of an activation, unless an earlier attempt has not ended yet. */
  start(pointer: Pointer): void {
    if (this.#bodies.has(pointer.id)) return;
    const { runId, slots, mayBegin, attempt, over } = this.#parts;
    const body: Body = { pointer, attempt: null, turn: null, gaveUp: false };
    this.#bodies.set(pointer.id, body);
    body.turn = slots.enter(runId, () => {
      if (!mayBegin()) {
        slots.leave(runId);
        return this.#giveUp(body);
      }
      const ended = (outcome: Outcome): void => {
        slots.leave(runId);
        over(pointer, outcome);
      };
      try {
        body.attempt = attempt(pointer, ended);
      } catch (thrown) {
        // The turn was given by the end of another run's body, which this is not to harm.
        return ended({ kind: "failed", thrown });
      }
      body.attempt.begin();
    });
  }

  /** What a body has led to is known. */
  remove({ id, attempt }: Pointer): void {
    if (this.#bodies.get(id)?.pointer.attempt === attempt) this.#bodies.delete(id);
  }

  /** Cuts a body short, if it runs; whatever waits for its turn does not begin. */
  end(id: number): void {
    const body = this.#bodies.get(id);
    if (body?.attempt) body.attempt.interrupt("cancel");
    else if (body) this.#giveUp(body);
  }

  /** What waits for its turn does not begin. */
  giveUpWaiting(): void {
    for (const body of this.#bodies.values()) if (!body.attempt) this.#giveUp(body);
  }

  /** Cuts all short. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.giveUpWaiting();
    for (const { attempt } of this.#bodies.values()) attempt?.interrupt(trigger);
  }

  #giveUp(body: Body): void {
    if (body.gaveUp) return;
    body.gaveUp = true;
    body.turn?.[Symbol.dispose]();
    this.#parts.over(body.pointer, { kind: "interrupted" });
  }
}
