import type { Clock } from "./clock.ts";

/** When a {@linkcode RepeatedLook} looks. */
export interface RepeatedLookParts {
  /** Time between two looks. */
  readonly clock: Clock;
  /** Milliseconds between two looks where nobody gives a hint: a net. */
  readonly interval: number;
  /** Looks. Does not reject. */
  readonly look: () => Promise<void>;
}

/** Milliseconds from a hint to the look, so that many hints are worth one. */
const hintPause = 1_000;

/** Looks at the store again and again: after a hint soon, else now and then. */
export class RepeatedLook {
  readonly #parts: RepeatedLookParts;
  #timer: Disposable | null = null;
  #dueAt = Infinity;
  #looks: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(parts: RepeatedLookParts) {
    this.#parts = parts;
  }

  /** From now on. */
  start(): void {
    this.#stopped = false;
    this.#lookIn(this.#parts.interval);
  }

  /** Another process has written. */
  hint(): void {
    this.#lookIn(hintPause);
  }

  /** Looks no more. Resolves when the look under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#looks;
  }

  #lookIn(milliseconds: number): void {
    const { clock, interval, look } = this.#parts;
    const dueAt = clock.monotonic() + milliseconds;
    if (this.#stopped || dueAt >= this.#dueAt) return;
    this.#disarm();
    this.#dueAt = dueAt;
    this.#timer = clock.schedule(milliseconds, () => {
      this.#dueAt = Infinity;
      this.#looks = look();
      void this.#looks.then(() => this.#lookIn(interval));
    });
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#dueAt = Infinity;
  }
}
