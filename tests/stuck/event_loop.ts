/** Milliseconds between two looks. */
const interval = 5;

/** Measures for how long at a time the event loop of this process does not come round. */
export class EventLoopWatch implements Disposable {
  /** Milliseconds by which each look came late. */
  readonly lags: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  /** Looks from now on. */
  constructor() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.lags.push(Math.max(0, now - last - interval));
      last = now;
    }, interval);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
