import type { StoreClock } from "../../src/provider/clock.ts";
import type { QueueEntry, QueueProvider } from "../../src/provider/queue.ts";
import type { Bell } from "../bell.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Most milliseconds between two looks: a signal of another process may be lost. */
const sweep = 10_000;

const addHints = `
  INSERT INTO @wfe_hint (run, visible_at) SELECT value, $2::bigint FROM json_array_elements_text($1::text::json)`;

const reserveHints = `
  UPDATE @wfe_hint SET visible_at = $2::bigint WHERE seq = ANY (ARRAY(
    SELECT seq FROM @wfe_hint WHERE visible_at <= $1::bigint ORDER BY visible_at, seq LIMIT $3::bigint
    FOR UPDATE SKIP LOCKED))
  RETURNING json_build_object('seq', seq, 'run', run)::text AS r`;

const deleteHints = `
  DELETE FROM @wfe_hint WHERE seq = ANY (ARRAY(
    SELECT value::bigint FROM json_array_elements_text($1::text::json)))`;

const selectNextHint = "SELECT to_json(min(visible_at))::text AS r FROM @wfe_hint";

/** What the queue of a store works with. */
export interface QueueParts {
  /** Where to read and write. */
  readonly connection: Connection;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Rings when there are new hints. */
  readonly pushed: Bell;
  /** Aborted when the store is closed. */
  readonly closed: AbortSignal;
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
    const { connection, clock, pushed, closed } = this.#parts;
    const over = AbortSignal.any([signal, closed]);
    while (!signal.aborted) {
      let rang = false;
      // Before the look, so that no hint comes in between.
      using _bell = pushed.listen(() => rang = true);
      const entries = await this.#reserve(limit);
      if (entries.length > 0) return entries;
      const next = await connection.get<number | null>("look for hints", selectNextHint) ?? Infinity;
      if (!rang) await pushed.wait(Math.min(Math.max(next - clock.now(), 1), sweep), over);
    }
    return [];
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
