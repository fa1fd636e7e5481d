import type { StoreError } from "../src/provider/errors.ts";

/** Milliseconds for which a command waits for a store that cannot record anything, unless told otherwise. */
export const defaultStorePatience = 30_000;

/**
 * Loses patience with a store that stays in trouble. The engine would try for ever, which suits a service; a command
 * in a pipeline has to come to an end.
 */
export class StorePatience implements Disposable {
  readonly #patience: number;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Waits for `patience` milliseconds. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Aborts when patience is lost; its reason is the store's error. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The store could not do its work. */
  trouble(error: StoreError): void {
    this.#timer ??= setTimeout(() => this.#over.abort(error), this.#patience);
  }

  /** The store has recorded something. */
  relief(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Waits no more. */
  [Symbol.dispose](): void {
    this.relief();
  }
}
