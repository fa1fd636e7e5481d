import type { StoreClock } from "../../src/provider/clock.ts";
import type { QueueEntry, QueueProvider } from "../../src/provider/queue.ts";
import type { Bell } from "../bell.ts";
import type { Connection } from "./connection.ts";
import { effect, query, unguarded } from "./write.ts";
import type { Writer } from "./writer.ts";

/** Most milliseconds between two looks: a signal of another process may be lost. */
const sweep = 10_000;

const addHints = effect("INSERT INTO wfe_hint (run, visible_at) SELECT value, ?2 FROM json_each(?1)");

const reserveHints = query(`
  UPDATE wfe_hint SET visible_at = ?2 WHERE seq IN (
    SELECT seq FROM wfe_hint WHERE visible_at <= ?1 ORDER BY visible_at, seq LIMIT ?3 + 0)
  RETURNING seq, run`);

const deleteHints = effect("DELETE FROM wfe_hint WHERE seq IN (SELECT value FROM json_each(?1))");

/** The first of an index. */
const selectNextHint = "SELECT min(visible_at) AS at FROM wfe_hint";

/** What the queue of a store works with. */
export interface QueueParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** Writes on it. */
  readonly writer: Writer;
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
export class SqliteQueue implements QueueProvider {
  readonly #parts: QueueParts;

  /** Made by the provider. */
  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Adds hints. */
  async push(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    const { writer, pushed } = this.#parts;
    await writer.writeOne("push hints", ({ now }) => unguarded([addHints, [JSON.stringify(runIds), now]]));
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
      const next = await connection.read(
        "look for hints",
        () => connection.get<{ readonly at: number | null }>(selectNextHint)!.at ?? Infinity,
      );
      const pause = next - clock.now();
      if (pause <= 0) {
        const entries = await this.#reserve(limit);
        if (entries.length > 0) return entries;
      } else if (!rang) await pushed.wait(Math.min(pause, sweep), over);
    }
    return [];
  }

  /** Forgets hints. */
  async acknowledge(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const seqs = JSON.stringify(entries.map(({ id }) => Number(id)));
    await this.#parts.writer.writeOne("acknowledge hints", () => unguarded([deleteHints, [seqs]]));
  }

  async #reserve(limit: number): Promise<readonly QueueEntry[]> {
    const { writer, visibility } = this.#parts;
    const rows = await writer.writeOne(
      "reserve hints",
      ({ now }) => unguarded([reserveHints, [now, now + visibility, limit]]),
    );
    return rows![0]![1]!.map(({ seq, run }) => ({ id: String(seq), runId: run as string }));
  }
}
