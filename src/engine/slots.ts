/** Bodies of one run that wait for their turn, in order. Those that gave up stay in the list, empty. */
interface Line {
  readonly waiting: ((() => void) | null)[];
  /** Index of the first that has not had its turn. */
  head: number;
  /** How many still wait. */
  size: number;
}

/** Turns after which a line forgets those who have had theirs. */
const compactAfter = 1_000;

/**
 * Bounds how many step bodies run at the same time, over all runs of a host and within each. Runs take turns: one with
 * ten thousand ready steps does not keep the others waiting.
 */
export class Slots {
  readonly #most: number;
  readonly #mostOfRun: number;
  readonly #running = new Map<string, number>();
  readonly #lines = new Map<string, Line>();
  #taken = 0;
  #serving = false;

  constructor(most: number, mostOfRun: number) {
    this.#most = most;
    this.#mostOfRun = mostOfRun;
  }

  /** Calls `begin` as soon as there is room, at once where there is. Disposing the result gives up waiting. */
  enter(runId: string, begin: () => void): Disposable | null {
    if (this.#taken < this.#most && this.#ofRun(runId) < this.#mostOfRun && !this.#lines.has(runId)) {
      this.#take(runId);
      begin();
      return null;
    }
    const line = this.#lines.get(runId) ?? { waiting: [], head: 0, size: 0 };
    this.#lines.set(runId, line);
    const waits = () => begin();
    line.waiting.push(waits);
    line.size++;
    return { [Symbol.dispose]: () => this.#giveUp(runId, waits) };
  }

  /** A body has ended. */
  leave(runId: string): void {
    this.#taken--;
    const left = this.#ofRun(runId) - 1;
    if (left === 0) this.#running.delete(runId);
    else this.#running.set(runId, left);
    this.#serve();
  }

  /** A body that ends while it is begun calls this again: the loop that is under way sees to the next. */
  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    try {
      for (let begin = this.#next(); begin; begin = this.#next()) begin();
    } finally {
      this.#serving = false;
    }
  }

  /** Takes a place for the run whose turn it is, which goes to the end of the line; undefined where there is none. */
  #next(): (() => void) | undefined {
    if (this.#taken >= this.#most) return;
    for (const [runId, line] of this.#lines) {
      if (this.#ofRun(runId) >= this.#mostOfRun) continue;
      this.#lines.delete(runId);
      const begin = shift(line);
      if (line.size > 0) this.#lines.set(runId, line);
      this.#take(runId);
      return begin;
    }
  }

  #take(runId: string): void {
    this.#taken++;
    this.#running.set(runId, this.#ofRun(runId) + 1);
  }

  #ofRun(runId: string): number {
    return this.#running.get(runId) ?? 0;
  }

  #giveUp(runId: string, waits: () => void): void {
    const line = this.#lines.get(runId);
    const index = line?.waiting.indexOf(waits, line.head) ?? -1;
    if (index < 0) return;
    line!.waiting[index] = null;
    if (--line!.size === 0) this.#lines.delete(runId);
  }
}

/** Takes the first that still waits: there is one. */
function shift(line: Line): () => void {
  for (;;) {
    const begin = line.waiting[line.head];
    line.waiting[line.head++] = null;
    if (line.head >= compactAfter && line.head * 2 >= line.waiting.length) {
      line.waiting.splice(0, line.head);
      line.head = 0;
    }
    if (!begin) continue;
    line.size--;
    return begin;
  }
}
