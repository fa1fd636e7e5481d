import type { StoreClock } from "../../src/provider/clock.ts";

/**
 * The server's clock, as far as it can be told without asking each time: the difference to this machine's monotonic clock
 * is measured now and then. Each answer says between which two values it lies; of what all say together the least is
 * taken. So this clock is never ahead of the server's, and no timer early, however long an answer took; it is behind by
 * no more than the quickest answer took.
 */
export class ServerClock implements StoreClock {
  readonly #monotonic: () => number;
  /** What is to be added to this machine's clock is at least and at most this. */
  #bounds: { readonly least: number; readonly most: number } | null = null;

  /** `monotonic` tells milliseconds from any beginning. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Whole milliseconds since 1970 by the server's clock; by this machine's until the first measurement. */
  now(): number {
    return this.#bounds ? Math.floor(this.#monotonic() + this.#bounds.least) : Date.now();
  }

  /** The moment of sending a question for the time. */
  mark(): number {
    return this.#monotonic();
  }

  /** Takes note of the server's answer, in milliseconds since 1970, to a question sent at `sentAt`. */
  measure(sentAt: number, serverTime: number): void {
    const said = { least: serverTime - this.#monotonic(), most: serverTime - sentAt };
    const known = this.#bounds ?? said;
    const both = { least: Math.max(said.least, known.least), most: Math.min(said.most, known.most) };
    // They contradict each other where the server's clock was set, or has drifted.
    this.#bounds = both.least <= both.most ? both : said;
  }
}
