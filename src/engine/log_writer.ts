import type { LogLine, Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import { lineCost } from "./limited_log.ts";
import type { Listeners } from "./listeners.ts";
import type { StoreRetry } from "./store_retry.ts";

/** Milliseconds until a line is stored; a crash loses at most so much of a log. */
const longestDelay = 100;
const batchCharacters = 64 * 1024;
/** Characters that wait to be stored beyond which a body that prints much is asked to wait, too. */
const fullBacklog = 512 * 1024;
/** Characters that wait at most, of bodies that do not wait, or while the store is in trouble. */
const longestBacklog = 8 * 1024 * 1024;

/** Stores what steps print, in batches: after 100 ms, after 64 KiB, and before the step's result is recorded. */
export class LogWriter {
  readonly #persistence: Persistence;
  readonly #clock: Clock;
  readonly #retry: StoreRetry;
  readonly #listeners: Listeners<LogLine>;
  #lines: LogLine[] = [];
  #characters = 0;
  #timer: Disposable | null = null;
  #flushing: Promise<void> | null = null;
  readonly #lost = new Map<string, Error>();

  constructor(persistence: Persistence, clock: Clock, retry: StoreRetry, listeners: Listeners<LogLine>) {
    this.#persistence = persistence;
    this.#clock = clock;
    this.#retry = retry;
    this.#listeners = listeners;
  }

  /**
   * Takes a line, and says whether it will be stored: one line too many is refused, unless it `matters`. Listeners hear
   * it at once in any case.
   */
  write(line: LogLine, matters: boolean): boolean {
    this.#listeners.tell(line);
    if (this.#characters > longestBacklog && !matters) return false;
    this.#lines.push(line);
    this.#characters += line.text.length + lineCost;
    if (this.#characters >= batchCharacters && !this.#flushing) void this.flushAll();
    else this.#timer ??= this.#clock.schedule(longestDelay, () => void this.flushAll());
    return true;
  }

  /** Resolves when there is room for more lines, or `signal` aborts. */
  async room(signal: AbortSignal): Promise<void> {
    if (this.#characters <= fullBacklog || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener("abort", abort);
    await Promise.race([this.flushAll(), aborted.promise]);
    signal.removeEventListener("abort", abort);
  }

  /**
   * Resolves when the lines that a run has printed so far are stored; null where all are.
   *
   * @throws {StoreError} when some of them are lost, because the store refused them for good
   */
  flush(runId: string): Promise<void> | null {
    if (this.#lines.length === 0 && !this.#flushing && this.#lost.size === 0) return null;
    return this.#flushRun(runId);
  }

  async #flushRun(runId: string): Promise<void> {
    await this.flushAll();
    const lost = this.#lost.get(runId);
    this.#lost.delete(runId);
    if (lost) throw lost;
  }

  /** Stores all lines taken so far. Never rejects. */
  async flushAll(): Promise<void> {
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

  /** Who listens for troubles is told of a failure by the retry. */
  async #append(lines: readonly LogLine[]): Promise<void> {
    try {
      await this.#retry.run(() => this.#persistence.appendLog(lines));
    } catch (error) {
      for (const { runId } of lines) this.#lost.set(runId, error as Error);
    }
  }
}
