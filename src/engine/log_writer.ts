import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { LogLine, Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

/** Milliseconds until a line is stored; a crash loses at most so much of a log. */
const longestDelay = 100;
const batchCharacters = 64 * 1024;
/** Characters held while the store is in trouble; older lines are dropped beyond it. */
const longestBacklog = 8 * 1024 * 1024;

/** Stores what steps print, in batches: after 100 ms, after 64 KiB, and before the step's result is recorded. */
export class LogWriter {
  readonly #persistence: Persistence;
  readonly #clock: Clock;
  readonly #listeners: Listeners<LogLine>;
  readonly #troubles: Listeners<StoreError>;
  #lines: LogLine[] = [];
  #characters = 0;
  #timer: Disposable | null = null;
  #flushing: Promise<void> | null = null;

  constructor(
    persistence: Persistence,
    clock: Clock,
    listeners: Listeners<LogLine>,
    troubles: Listeners<StoreError>,
  ) {
    this.#persistence = persistence;
    this.#clock = clock;
    this.#listeners = listeners;
    this.#troubles = troubles;
  }

  /** Takes a line: listeners hear it at once. */
  write(line: LogLine): void {
    this.#listeners.tell(line);
    this.#keep([line]);
    if (this.#characters >= batchCharacters) this.flush();
    else this.#timer ??= this.#clock.schedule(longestDelay, () => void this.flush());
  }

  /** Stores all lines taken so far. Never rejects: what cannot be stored waits for the next time. */
  async flush(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    while (this.#flushing) await this.#flushing;
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    this.#flushing = this.#append(lines);
    await this.#flushing;
    this.#flushing = null;
  }

  async #append(lines: readonly LogLine[]): Promise<void> {
    try {
      await this.#persistence.appendLog(lines);
    } catch (error) {
      this.#troubles.tell(asStoreError(error));
      const newer = this.#lines;
      this.#lines = [];
      this.#characters = 0;
      this.#keep([...lines, ...newer]);
    }
  }

  #keep(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.text.length;
    }
    while (this.#characters > longestBacklog) this.#characters -= this.#lines.shift()!.text.length;
  }
}
