import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { FeedEntry, LifecycleFeed } from "../../src/provider/lifecycle.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { script } from "./script.ts";
import type { StreamEntry } from "./stream_reply.ts";

const publish = script(`
for i = 2, #ARGV, 3 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'type', ARGV[i], 'run', ARGV[i + 1], 'event', ARGV[i + 2])
end
return (#ARGV - 1) / 3`);

/** What a feed works with. */
export interface LifecycleParts {
  /** The way to the server. */
  readonly connection: Connection;
  /** Names of keys. */
  readonly keys: Keys;
  /** Name of the sink. */
  readonly sink: string;
  /** How many events are kept at least. */
  readonly keep: number;
}

/** The last lifecycle events in a stream: entries with the fields `type`, `run` and `event`, which is JSON. */
export class ValkeyLifecycle implements LifecycleFeed {
  readonly #parts: LifecycleParts;

  /** Made by the provider. */
  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Name of the sink. */
  get name(): string {
    return this.#parts.sink;
  }

  /** Takes events over, in one go. */
  async publish(events: readonly LifecycleEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { connection, keys, sink, keep } = this.#parts;
    const fields = events.flatMap((event) => [event.type, event.runId, JSON.stringify(event)]);
    await connection.run(`publish to sink ${sink}`, publish, [keys.feed(sink)], [String(keep), ...fields]);
  }

  /** Events behind an entry. */
  async read(after: string | null, limit: number): Promise<readonly FeedEntry[]> {
    const { connection, keys, sink } = this.#parts;
    const from = after === null ? "-" : `(${after}`;
    const reply = await connection.send(
      `read sink ${sink}`,
      "XRANGE",
      keys.feed(sink),
      from,
      "+",
      "COUNT",
      String(limit),
    );
    return (reply as StreamEntry[]).map(([id, fields]) => ({
      id,
      event: deepFreeze(JSON.parse(fields[5]!) as LifecycleEvent),
    }));
  }
}
