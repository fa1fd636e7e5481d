import type { StoreClock } from "../../src/provider/clock.ts";

/**
 * The server's clock, as far as it can be told without asking each time: the difference to this machine's monotonic clock
 * is measured now and then. A measurement that the way to the server and back explains changes nothing, so that time
 * does not tremble.
 */
export class ServerClock implements StoreClock {
  readonly #monotonic: () => number;
  #offset: number | null = null;

  /** `monotonic` tells milliseconds from any beginning. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Whole milliseconds since 1970 by the server's clock; by this machine's until the first measurement. */
  now(): number {
    return this.#offset === null ? Date.now() : Math.floor(this.#monotonic() + this.#offset);
  }

  /** The moment of sending a question for the time. */
  mark(): number {
    return this.#monotonic();
  }

  /** Takes note of the server's answer, in milliseconds since 1970, to a question sent at `sentAt`. */
  measure(sentAt: number, serverTime: number): void {
    const receivedAt = this.#monotonic();
    const uncertain = (receivedAt - sentAt) / 2;
    const offset = serverTime - (sentAt + receivedAt) / 2;
    if (this.#offset === null || Math.abs(offset - this.#offset) > uncertain) this.#offset = offset;
  }
}
