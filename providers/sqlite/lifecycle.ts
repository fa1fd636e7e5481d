import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { FeedEntry, LifecycleFeed } from "../../src/provider/lifecycle.ts";
import type { Connection } from "./connection.ts";
import { effect, unguarded } from "./write.ts";
import type { Writer } from "./writer.ts";

const insertEvents = effect(`
  INSERT INTO wfe_feed (sink, seq, event)
  SELECT ?1, key + 1 + coalesce((SELECT max(seq) FROM wfe_feed WHERE sink = ?1), 0), value FROM json_each(?2)`);

const deleteOld = effect(`
  DELETE FROM wfe_feed WHERE sink = ?1 AND seq <= (SELECT max(seq) FROM wfe_feed WHERE sink = ?1) - ?2`);

/** By the primary key. */
export const selectEvents =
  "SELECT seq, event FROM wfe_feed WHERE sink = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3 + 0";

/** What the feed of a store works with. */
export interface LifecycleParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** Writes on it. */
  readonly writer: Writer;
  /** Name of the sink. */
  readonly sink: string;
  /** How many events are kept. */
  readonly keep: number;
}

/** The last lifecycle events, in the database of the runs. */
export class SqliteLifecycle implements LifecycleFeed {
  readonly #parts: LifecycleParts;

  /** Made by the provider. */
  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Name of the sink. */
  get name(): string {
    return this.#parts.sink;
  }

  /** Takes events over, in one transaction. */
  async publish(events: readonly LifecycleEvent[]): Promise<void> {
    const { writer, sink, keep } = this.#parts;
    await writer.writeOne(
      `publish to sink ${sink}`,
      () => unguarded([insertEvents, [sink, JSON.stringify(events)]], [deleteOld, [sink, keep]]),
    );
  }

  /** Events behind an entry. */
  async read(after: string | null, limit: number): Promise<readonly FeedEntry[]> {
    const { connection, sink } = this.#parts;
    const rows = await connection.read(
      `read sink ${sink}`,
      () =>
        connection.all<{ readonly seq: number; readonly event: string }>(
          selectEvents,
          sink,
          Number(after ?? 0),
          limit,
        ),
    );
    return rows.map(({ seq, event }) => ({
      id: String(seq),
      event: deepFreeze(JSON.parse(event) as LifecycleEvent),
    }));
  }
}
