import type { QueueEntry, QueueProvider } from "../../src/provider/queue.ts";
import { Bell } from "../bell.ts";
import { BlockingReader } from "./blocking_reader.ts";
import type { Connection } from "./connection.ts";
import { replyCode } from "./errors.ts";
import type { Keys } from "./keys.ts";
import { script } from "./script.ts";
import { entriesOf, type StreamEntry } from "./stream_reply.ts";

const group = "hosts";
/** Most milliseconds that a read waits; then what the dead had reserved is looked for. */
const longestWait = 15_000;
/** Milliseconds after which a consumer that has nothing reserved is forgotten. */
const consumerRetention = 3_600_000;
/** Hints that are kept where nobody takes them, about: the oldest are left to the sweep. */
const mostHints = 100_000;

const push = script(`
for i = 2, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'run', ARGV[i]) end
return #ARGV - 1`);

/** An entry that is acknowledged is of no more use. */
const acknowledge = script(`
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))`);

/** Takes what others have reserved for too long, and forgets who is long gone. */
const reclaim = script(`
local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], '0-0', 'COUNT', ARGV[4])
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
  if info.pending == 0 and info.idle > tonumber(ARGV[5]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info.name)
  end
end
return claimed[2]`);

/** What a queue works with. */
export interface QueueParts {
  /** The way to the server. */
  readonly connection: Connection;
  /** Names of keys. */
  readonly keys: Keys;
  /** Milliseconds after which a hint comes again. */
  readonly visibility: number;
  /** Aborted when the provider is closed. */
  readonly closed: AbortSignal;
}

/** Hints in a stream, read by one group of consumers. */
export class ValkeyQueue implements QueueProvider {
  readonly #parts: QueueParts;
  /** Milliseconds that a look waits. */
  readonly #longest: number;
  /** Connections on which nobody waits at the moment. */
  readonly #idle: BlockingReader[] = [];
  readonly #pushed = new Bell(null);
  #reclaimAt = -Infinity;

  /** Made by the provider. */
  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#longest = Math.min(Math.ceil(parts.visibility / 2), longestWait);
  }

  /** Adds hints. */
  async push(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    const { connection, keys } = this.#parts;
    await connection.run("push hints", push, [keys.queue], [String(mostHints), ...runIds]);
    this.#pushed.ring();
  }

  /**
   * Waits for hints, and reserves them. Where nothing can wait at the server, hints of other processes are looked for
   * every 15 seconds.
   */
  async reserve(consumer: string, limit: number, signal: AbortSignal): Promise<readonly QueueEntry[]> {
    const over = AbortSignal.any([signal, this.#parts.closed]);
    while (!over.aborted) {
      const entries = await this.#look(consumer, limit, over);
      if (entries.length > 0) return entries.map(([id, [, runId]]) => ({ id, runId: runId! }));
    }
    // Where it was the provider that was closed, the next command says so.
    if (!signal.aborted) await this.#parts.connection.send("reserve hints", "PING");
    return [];
  }

  /** Forgets hints. */
  async acknowledge(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const { connection, keys } = this.#parts;
    const ids = entries.map(({ id }) => id);
    await connection.run("acknowledge hints", acknowledge, [keys.queue], [group, ...ids]);
  }

  /** Closes the connections that have waited. */
  close(): void {
    for (const reader of this.#idle) reader.close();
  }

  async #look(consumer: string, limit: number, over: AbortSignal): Promise<readonly StreamEntry[]> {
    const { connection, keys } = this.#parts;
    const what = "reserve hints";
    try {
      if (performance.now() >= this.#reclaimAt) {
        this.#reclaimAt = performance.now() + this.#longest;
        const again = await this.#reclaim(consumer, limit);
        if (again.length > 0) return again;
      }
      const read = ["XREADGROUP", "GROUP", group, consumer, "COUNT", String(limit)];
      const behind = ["STREAMS", keys.queue, ">"];
      if (connection.connectBlocking) {
        return entriesOf(await this.#wait([...read, "BLOCK", String(this.#longest), ...behind], over));
      }
      let rang = false;
      // Before the look, so that no hint of this process comes in between.
      using _bell = this.#pushed.listen(() => rang = true);
      const entries = entriesOf(await connection.send(what, ...read, ...behind));
      if (entries.length === 0 && !rang) await this.#pushed.wait(this.#longest, over);
      return entries;
    } catch (error) {
      const code = replyCode(error) ?? replyCode((error as Error).cause);
      // There is no stream yet, or it was flushed, perhaps while this waited for it.
      if (code !== "NOGROUP" && code !== "UNBLOCKED") throw connection.explain(error, what);
      await this.#makeGroup();
      return [];
    }
  }

  /** Waits on a connection of its own. */
  async #wait(command: string[], over: AbortSignal): Promise<unknown> {
    const { connection, closed } = this.#parts;
    const reader = this.#idle.pop() ?? new BlockingReader(connection);
    try {
      return await reader.read(command, this.#longest, over);
    } finally {
      if (closed.aborted) reader.close();
      else this.#idle.push(reader);
    }
  }

  async #reclaim(consumer: string, limit: number): Promise<readonly StreamEntry[]> {
    const { connection, keys, visibility } = this.#parts;
    const args = [group, consumer, visibility, limit, consumerRetention].map(String);
    return await connection.run("reclaim hints", reclaim, [keys.queue], args) as StreamEntry[];
  }

  /** From the beginning of the stream: hints may be there already. */
  async #makeGroup(): Promise<void> {
    const { connection, keys } = this.#parts;
    try {
      await connection.send("make the queue", "XGROUP", "CREATE", keys.queue, group, "0", "MKSTREAM");
    } catch (error) {
      // Another was quicker.
      if (replyCode((error as Error).cause) !== "BUSYGROUP") throw error;
    }
  }
}
