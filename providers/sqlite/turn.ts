/** Who may begin a write transaction in this process: one at a time, in the order in which they came. */
export class Turn {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** Whether somebody waits for it. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when it is the caller's turn, who gives it back by {@linkcode end}. */
  async begin(): Promise<void> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
  }

  /** Gives the turn to the next. */
  end(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }
}
