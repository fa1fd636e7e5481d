import type { QueueEntry, QueueProvider } from "../../src/provider/queue.ts";
import { type HintsParts, waitForHints } from "../wait_for_hints.ts";
import type { Connection } from "./connection.ts";
import { effect, query, unguarded } from "./write.ts";
import type { Writer } from "./writer.ts";

const addHints = effect("INSERT INTO wfe_hint (run, visible_at) SELECT value, ?2 FROM json_each(?1)");

const reserveHints = query(`
  UPDATE wfe_hint SET visible_at = ?2 WHERE seq IN (
    SELECT seq FROM wfe_hint WHERE visible_at <= ?1 ORDER BY visible_at, seq LIMIT ?3 + 0)
  RETURNING seq, run`);

const deleteHints = effect("DELETE FROM wfe_hint WHERE seq IN (SELECT value FROM json_each(?1))");

/** The first of an index. */
const selectNextHint = "SELECT min(visible_at) AS at FROM wfe_hint";

/** What the queue of a store works with. */
export interface QueueParts extends HintsParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** Writes on it. */
  readonly writer: Writer;
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
    return await waitForHints(this.#parts, signal, async () => {
      const { connection, clock } = this.#parts;
      const next = await connection.read(
        "look for hints",
        () => connection.get<{ readonly at: number | null }>(selectNextHint)!.at ?? Infinity,
      );
      // Who finds none does not take the write lock, and so has nobody wait.
      const entries = next > clock.now() ? [] : await this.#reserve(limit);
      return entries.length > 0 ? entries : next;
    });
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
