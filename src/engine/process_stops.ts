import { type Clock, systemClock } from "./clock.ts";

/**
 * Hears when the process goes on after it was stopped: by Ctrl-Z, by SIGSTOP. Nothing ran meanwhile, so that nothing
 * that it runs is to blame for what was late.
 */
export class ProcessStops {
  readonly #clock: Clock;
  #goneOnAt = -Infinity;
  #isHeard = false;
  readonly #heard = (): void => {
    this.#goneOnAt = this.#clock.monotonic();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the process has gone on at this monotonic time or later. */
  hasGoneOnSince(time: number): boolean {
    return this.#goneOnAt >= time;
  }

  /** Begins to listen. A system without the signal, or a host in virtual time, has no such stops to tell of. */
  start(): void {
    if (this.#clock !== systemClock) return;
    try {
      Deno.addSignalListener("SIGCONT", this.#heard);
      this.#isHeard = true;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Listens no more. */
  stop(): void {
    if (this.#isHeard) Deno.removeSignalListener("SIGCONT", this.#heard);
    this.#isHeard = false;
  }
}
