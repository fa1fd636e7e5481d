/** Milliseconds within which several calls are one, after the first. */
const pause = 5;

/** Calls back at once, then no more often than each few milliseconds. */
export class Pace implements Disposable {
  readonly #listener: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;

  /** `listener` is called. */
  constructor(listener: () => void) {
    this.#listener = listener;
  }

  /** Asks for a call. */
  tell(): void {
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.tell();
    }, pause);
    this.#timer.unref();
    this.#listener();
  }

  /** Calls no more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#again = false;
  }
}
