import type { QueueEntry, QueueProvider } from "../../src/provider/queue.ts";
import { type HintsParts, waitForHints } from "../wait_for_hints.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

const addHints = `
  INSERT INTO @wfe_hint (run, visible_at) SELECT value, $2::bigint FROM json_array_elements_text($1::text::json)`;

const reserveHints = `
  UPDATE @wfe_hint SET visible_at = $2::bigint WHERE seq = ANY (ARRAY(
    SELECT seq FROM @wfe_hint WHERE visible_at <= $1::bigint ORDER BY visible_at, seq + 0 LIMIT $3::bigint
    FOR UPDATE SKIP LOCKED))
  RETURNING json_build_object('seq', seq, 'run', run)::text AS r`;

const deleteHints = `
  DELETE FROM @wfe_hint WHERE seq = ANY (ARRAY(
    SELECT value::bigint FROM json_array_elements_text($1::text::json)))`;

const selectNextHint = "SELECT to_json(min(visible_at))::text AS r FROM @wfe_hint";

/** What the queue of a store works with. */
export interface QueueParts extends HintsParts {
  /** Where to read and write. */
  readonly connection: Connection;
  /** Milliseconds after which a hint comes again. */
  readonly visibility: number;
}

/** Hints in the database of the runs. */
export class PostgresQueue implements QueueProvider {
  readonly #parts: QueueParts;

  /** Made by the provider. */
  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Adds hints. */
  async push(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    const { connection, clock, pushed } = this.#parts;
    await connection.all("push hints", addHints, JSON.stringify(runIds), clock.now());
    pushed.ring();
  }

  /** Waits for hints, and reserves them. */
  async reserve(_consumer: string, limit: number, signal: AbortSignal): Promise<readonly QueueEntry[]> {
    return await waitForHints(this.#parts, signal, async () => {
      const entries = await this.#reserve(limit);
      if (entries.length > 0) return entries;
      const next = await this.#parts.connection.get<number | null>("look for hints", selectNextHint);
      return next ?? Infinity;
    });
  }

  /** Forgets hints. */
  async acknowledge(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const seqs = JSON.stringify(entries.map(({ id }) => id));
    await this.#parts.connection.all("acknowledge hints", deleteHints, seqs);
  }

  async #reserve(limit: number): Promise<readonly QueueEntry[]> {
    const { connection, clock, visibility } = this.#parts;
    const now = clock.now();
    const rows = await connection.all<{ readonly seq: number; readonly run: string }>(
      "reserve hints",
      reserveHints,
      now,
      whole(now + visibility),
      whole(limit),
    );
    return rows.map(({ seq, run }) => ({ id: String(seq), runId: run }));
  }
}
