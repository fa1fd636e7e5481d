import { setImmediate } from "node:timers";
import type { StoreClock } from "../../../src/provider/clock.ts";

interface Happening {
  readonly at: number;
  readonly number: number;
  readonly action: () => void;
  cancelled: boolean;
}

/**
 * Virtual time of a simulation: what is to happen, in order. Of one time, what was planned first is first, so that the
 * same plan always runs the same way. It is the store's clock as well, which may jump.
 */
export class Timeline implements StoreClock {
  readonly #heap: Happening[] = [];
  readonly #start = Date.UTC(2030, 0, 1);
  #at = 0;
  #jumped = 0;
  #number = 0;

  /** Milliseconds since 1970 by the store's clock. */
  now(): number {
    return this.#start + Math.floor(this.#at) + this.#jumped;
  }

  /** Milliseconds since the simulation began. */
  monotonic(): number {
    return this.#at;
  }

  /** Sets the store's clock forward or back, without letting time pass. */
  jump(milliseconds: number): void {
    this.#jumped += milliseconds;
  }

  /** Plans something. */
  schedule(delay: number, action: () => void): Disposable {
    const happening = {
      at: this.#at + Math.max(delay, 0),
      number: this.#number++,
      action,
      cancelled: false,
    };
    this.#push(happening);
    return {
      [Symbol.dispose]: () => {
        happening.cancelled = true;
      },
    };
  }

  /** Resolves after some time. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.schedule(milliseconds, resolve));
  }

  /** Lets the next thing happen, with all that follows from it at once; false where nothing is planned. */
  async step(): Promise<boolean> {
    for (;;) {
      const next = this.#pop();
      if (!next) return false;
      if (next.cancelled) continue;
      this.#at = next.at;
      next.action();
      // One turn of the event loop: whatever was waiting for a promise has run by then.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    }
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let place = heap.push(happening) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, happening)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = happening;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || last === first) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || a.at === b.at && a.number < b.number;
}
