/** A way to other processes. */
export interface Outside {
  /** Tells them. */
  signal(): void;
  /** Calls back when they tell. */
  watch(listener: () => void): Disposable;
}

/** Tells all who wait for one thing, here and in other processes, that it may have come. */
export class Bell implements Disposable {
  readonly #outside: Outside | null;
  readonly #listeners = new Set<() => void>();
  #watch: Disposable | null = null;

  /** `outside` leads to other processes, if there is a way. */
  constructor(outside: Outside | null) {
    this.#outside = outside;
  }

  /** Tells all. */
  ring(): void {
    this.#call();
    this.#outside?.signal();
  }

  /** Calls back when it rings, until disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    // Kept from the first listener on: to begin to watch costs more than to watch.
    this.#watch ??= this.#outside?.watch(() => this.#call()) ?? null;
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when it rings, after some milliseconds, or when the signal aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    using _listener = this.listen(wake);
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    signal.removeEventListener("abort", wake);
    clearTimeout(timer);
  }

  /** Watches no more. */
  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
  }

  #call(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
