import type { QueueEntry, QueueProvider } from "../provider/queue.ts";
import { type Clock, pause } from "./clock.ts";

/** Milliseconds before another try where the queue is in trouble. It doubles. */
const firstPause = 1_000;
const longestPause = 30_000;
/** Hints that are sent or reserved at once. */
const batch = 100;
/** Hints that wait to be sent: more are left to the sweep. */
const mostWaiting = 10_000;

/** What {@linkcode QueuedWork} needs. */
export interface QueuedWorkParts {
  /** Carries the hints. */
  readonly queue: QueueProvider;
  /** Time for pauses. */
  readonly clock: Clock;
  /** The incarnation that reserves. */
  readonly incarnation: () => string;
  /** How many more runs the host may hold. */
  readonly room: () => number;
  /** Claims those of these runs that are due. */
  readonly claim: (runIds: readonly string[]) => Promise<void>;
}

/**
 * Sends hints that runs are due, and claims the runs that hints come for, as long as there is room. Whatever fails here
 * costs time only: what is due is found by the claim loop as well.
 */
export class QueuedWork {
  readonly #parts: QueuedWorkParts;
  readonly #waiting = new Set<string>();
  readonly #stopped = new AbortController();
  #sending: Promise<void> | null = null;
  /** Whether nobody waits for more than one failure to send. */
  #isLast = false;
  #reading: Promise<void> | null = null;
  #roomMade: (() => void) | null = null;
  /** What does not work at the moment. */
  readonly #failing = new Set<"send" | "read">();

  constructor(parts: QueuedWorkParts) {
    this.#parts = parts;
  }

  /** Whether hints are taken as they come: nobody else need look for what is due. */
  get isHeard(): boolean {
    return this.#reading !== null && this.#failing.size === 0;
  }

  /** Begins to take hints. */
  start(): void {
    this.#reading = this.#read();
  }

  /** These runs may be due, for whoever has room. */
  push(runIds: readonly string[]): void {
    for (const runId of runIds) if (this.#waiting.size < mostWaiting) this.#waiting.add(runId);
    this.#sending ??= this.#send().finally(() => this.#sending = null);
    // It may have come without a run leaving: one that had to run alone has settled.
    this.makeRoom();
  }

  /** There is room for one more run. */
  makeRoom(): void {
    this.#roomMade?.();
  }

  /** Takes no more hints. Resolves when those that were taken are claimed, or left. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#roomMade?.();
    await this.#reading;
    this.#reading = null;
  }

  /** Resolves when what was to be sent is sent, or lost: where the queue fails, all of it. */
  async sent(): Promise<void> {
    this.#isLast = true;
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.size > 0) {
      const runIds = [...this.#waiting].slice(0, batch);
      for (const runId of runIds) this.#waiting.delete(runId);
      try {
        await this.#parts.queue.push(runIds);
        this.#failing.delete("send");
      } catch (error) {
        this.#failed("send", error);
        if (this.#isLast) this.#waiting.clear();
      }
    }
  }

  async #read(): Promise<void> {
    const { clock, room } = this.#parts;
    const { signal } = this.#stopped;
    for (let wait = firstPause; !signal.aborted;) {
      if (room() <= 0) {
        await new Promise<void>((resolve) => this.#roomMade = resolve);
        continue;
      }
      try {
        await this.#takeSome(Math.min(room(), batch));
        this.#failing.delete("read");
        wait = firstPause;
      } catch (error) {
        this.#failed("read", error);
        await pause(clock, wait, signal);
        wait = Math.min(wait * 2, longestPause);
      }
    }
  }

  async #takeSome(limit: number): Promise<void> {
    const { queue, incarnation, room, claim } = this.#parts;
    const entries: readonly QueueEntry[] = await queue.reserve(incarnation(), limit, this.#stopped.signal);
    if (entries.length === 0) return;
    const runIds = [...new Set(entries.map(({ runId }) => runId))];
    // Meanwhile others may have filled it, or it may have begun to stop: somebody else is to have the rest.
    const most = this.#stopped.signal.aborted ? 0 : Math.max(room(), 0);
    if (most > 0) await claim(runIds.slice(0, most));
    if (most < runIds.length) await queue.push(runIds.slice(most));
    await queue.acknowledge(entries);
  }

  /** Said once, until it works again. */
  #failed(what: "send" | "read", error: unknown): void {
    if (this.#failing.size === 0) {
      const why = error instanceof Error ? error.message : String(error);
      console.error(`The work queue failed, runs that are due are found without it: ${why}`);
    }
    this.#failing.add(what);
  }
}
