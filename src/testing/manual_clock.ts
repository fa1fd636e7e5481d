import type { Clock } from "../engine/clock.ts";
import type { StoreClock } from "../provider/clock.ts";

/** Milliseconds by which a sum of fractions may be off. */
const roundingError = 1e-3;

/**
 * A clock that stands still until it is moved: for stores and hosts alike.
 *
 * @example Usage
 * ```ts
 * import { ManualClock } from "@wfe/engine/testing";
 *
 * const clock = new ManualClock();
 * const before = clock.now();
 * clock.advance(60_000);
 * console.log(clock.now() - before); // 60000
 * ```
 */
export class ManualClock implements Clock, StoreClock {
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  #set: { readonly now: number; readonly at: number };
  #monotonic = 0;

  /** `now` is the first time, in milliseconds since 1970. */
  constructor(now: number = Date.UTC(2030, 0, 1)) {
    this.#set = { now, at: 0 };
  }

  /** Whole milliseconds since 1970, as a clock of the machine tells them. */
  now(): number {
    // Thirds of a millisecond, summed up, stay a little below the whole: that is no millisecond less.
    return Math.floor(this.#set.now + (this.#monotonic - this.#set.at) + roundingError);
  }

  /** Milliseconds by which the clock was advanced so far. */
  monotonic(): number {
    return this.#monotonic;
  }

  /** Calls back when the clock has been advanced by `delay` milliseconds, unless disposed before. */
  schedule(delay: number, callback: () => void): Disposable {
    const timer = { at: this.#monotonic + Math.max(delay, 0), callback };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Lets time pass, calling back what is due on the way, in order. */
  advance(milliseconds: number): void {
    const end = this.#monotonic + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#monotonic = due.at;
      due.callback();
    }
    this.#monotonic = end;
  }

  /** The time, by {@linkcode monotonic}, of the next callback; null where none is scheduled. */
  nextTimer(): number | null {
    let next: number | null = null;
    for (const { at } of this.#timers) if (next === null || at < next) next = at;
    return next;
  }

  /** Sets the time of day, forward or back, without letting time pass. */
  jump(now: number): void {
    this.#set = { now, at: this.#monotonic };
  }
}
