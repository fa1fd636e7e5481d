import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { FeedEntry, LifecycleFeed } from "../../src/provider/lifecycle.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

/** One publisher at a time, so that numbers rise in the order in which they can be seen. */
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('@wfe_feed ' || $1, 0))";

const insertEvents = `
  INSERT INTO @wfe_feed (sink, seq, event)
  SELECT $1, number + coalesce((SELECT max(seq) FROM @wfe_feed WHERE sink = $1), 0), value
  FROM json_array_elements($2::text::json) WITH ORDINALITY AS e (value, number)`;

const deleteOld = `
  DELETE FROM @wfe_feed WHERE sink = $1 AND seq <= (SELECT max(seq) FROM @wfe_feed WHERE sink = $1) - $2::bigint`;

/** By the primary key. */
const selectEvents = `
  SELECT json_build_object('seq', seq, 'event', event)::text AS r FROM @wfe_feed
  WHERE sink = $1 AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint`;

/** What the feed of a store works with. */
export interface LifecycleParts {
  /** Where to read and write. */
  readonly connection: Connection;
  /** Name of the sink. */
  readonly sink: string;
  /** How many events are kept. */
  readonly keep: number;
}

/** The last lifecycle events, in the database of the runs. */
export class PostgresLifecycle implements LifecycleFeed {
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
    const { connection, sink, keep } = this.#parts;
    await connection.transaction(`publish to sink ${sink}`, async (transaction) => {
      await transaction.all(lock, sink);
      await transaction.all(insertEvents, sink, JSON.stringify(events));
      await transaction.all(deleteOld, sink, whole(keep));
    });
  }

  /** Events behind an entry. */
  async read(after: string | null, limit: number): Promise<readonly FeedEntry[]> {
    const { connection, sink } = this.#parts;
    const rows = await connection.all<{ readonly seq: number; readonly event: LifecycleEvent }>(
      `read sink ${sink}`,
      selectEvents,
      sink,
      Number(after ?? 0),
      whole(limit),
    );
    return rows.map(({ seq, event }) => ({ id: String(seq), event: deepFreeze(event) }));
  }
}
