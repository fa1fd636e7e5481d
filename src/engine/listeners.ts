/** Functions that are told of something, each alone: one that throws or rejects harms neither engine nor others. */
export class Listeners<Message> {
  readonly #listeners = new Set<(message: Message) => void>();

  /** Adds a listener until the returned object is disposed. */
  add(listener: (message: Message) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Tells all. */
  tell(message: Message): void {
    for (const listener of this.#listeners) {
      try {
        const result: unknown = listener(message);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }
}

function report(error: unknown): void {
  console.error("A listener failed:", error);
}
