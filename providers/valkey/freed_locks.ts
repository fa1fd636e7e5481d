import { BlockingReader } from "./blocking_reader.ts";
import type { Connection } from "./connection.ts";
import { entriesOf, type StreamEntry } from "./stream_reply.ts";

/** Milliseconds that a read waits. */
const longestWait = 15_000;
/** Milliseconds before another try where the server is out of reach. It doubles. */
const firstPause = 100;
const longestPause = 5_000;

/** Reads, as long as anybody waits for a lock, which ones are freed. */
export class FreedLocks {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #reader: BlockingReader;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #closed = new AbortController();
  #reading: Promise<void> | null = null;

  /** `key` is the stream of their names. */
  constructor(connection: Connection, key: string) {
    this.#connection = connection;
    this.#key = key;
    this.#reader = new BlockingReader(connection);
  }

  /** Calls back when a lock of this name is freed. */
  watch(name: string, listener: () => void): Disposable {
    const listeners = this.#listeners.getOrInsertComputed(name, () => new Set());
    listeners.add(listener);
    this.#reading ??= this.#read().finally(() => this.#reading = null);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
      },
    };
  }

  /** Reads no more. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#reading;
    this.#reader.close();
  }

  async #read(): Promise<void> {
    const { signal } = this.#closed;
    let position: string | null = null;
    for (let pause = firstPause; this.#listeners.size > 0 && !signal.aborted;) {
      try {
        if (position === null) {
          position = await this.#lastPosition();
          // What was freed before is not read.
          for (const name of this.#listeners.keys()) this.#call(name);
        }
        const command: string[] = [
          "XREAD",
          "COUNT",
          "100",
          "BLOCK",
          String(longestWait),
          "STREAMS",
          this.#key,
          position,
        ];
        for (const [id, [, name]] of entriesOf(await this.#reader.read(command, longestWait, signal))) {
          position = id;
          this.#call(name!);
        }
        pause = firstPause;
      } catch {
        // Who waits tries again by itself when the holder's time may be over.
        position = null;
        await pauseFor(pause, signal);
        pause = Math.min(pause * 2, longestPause);
      }
    }
  }

  async #lastPosition(): Promise<string> {
    const last = await this.#connection.send("look at locks", "XREVRANGE", this.#key, "+", "-", "COUNT", "1");
    return (last as StreamEntry[])[0]?.[0] ?? "0-0";
  }

  #call(name: string): void {
    for (const listener of [...this.#listeners.get(name) ?? []]) listener();
  }
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
