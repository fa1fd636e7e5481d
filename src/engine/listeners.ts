/** Functions that are told of something, each alone: one that throws harms neither the engine nor the others. */
export class Listeners<Message> {
  readonly #listeners = new Set<(message: Message) => void>();

  /** Adds a listener until the returned object is disposed. */
  add(listener: (message: Message) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Tells all. */
  tell(message: Message): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        console.error("A listener failed:", error);
      }
    }
  }
}
