import { type Clock, systemClock } from "../../src/engine/clock.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";

/** Milliseconds between two notes of one step. */
const pace = 1_000;

interface Pause {
  readonly timer: Disposable;
  /** What was said last meanwhile. */
  note: StepNote | null;
}

/** Passes on what steps say of how far they are: of each step one note a second, the last one in any case. */
export class PacedNotes implements Disposable {
  readonly #show: (note: StepNote) => void;
  readonly #clock: Clock;
  readonly #pauses = new Map<number, Pause>();

  /** Notes go to `show`. */
  constructor(show: (note: StepNote) => void, clock: Clock = systemClock) {
    this.#show = show;
    this.#clock = clock;
  }

  /** Takes a note. */
  take(note: StepNote): void {
    const pause = this.#pauses.get(note.pointerId);
    if (pause) pause.note = note;
    else this.#pass(note);
  }

  /** Something happened to a step: what it said last is passed on before that is told. */
  finish(pointerId: number): void {
    const pause = this.#pauses.get(pointerId);
    if (!pause) return;
    pause.timer[Symbol.dispose]();
    this.#pauses.delete(pointerId);
    if (pause.note) this.#show(pause.note);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#pauses.values()) timer[Symbol.dispose]();
    this.#pauses.clear();
  }

  #pass(note: StepNote): void {
    const { pointerId } = note;
    this.#pauses.set(pointerId, {
      timer: this.#clock.schedule(pace, () => this.#resume(pointerId)),
      note: null,
    });
    this.#show(note);
  }

  #resume(pointerId: number): void {
    const { note } = this.#pauses.get(pointerId) ?? {};
    this.#pauses.delete(pointerId);
    if (note) this.#pass(note);
  }
}
