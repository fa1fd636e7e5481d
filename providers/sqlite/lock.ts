import type { StoreClock } from "../../src/provider/clock.ts";
import { type Acquired, type LockRequest, nextFence, type StoreLock } from "../../src/provider/lock.ts";
import type { Bell } from "../bell.ts";
import type { Connection } from "./connection.ts";
import { query, unguarded } from "./write.ts";
import type { Writer } from "./writer.ts";

/** Has a row where the lock was free, or the token has it. */
const takeLock = query(`
  INSERT INTO wfe_lock (name, fence, token, expires_at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (name) DO UPDATE SET
    fence = CASE WHEN token IS excluded.token THEN fence ELSE max(fence + 1, excluded.fence) END,
    token = excluded.token, expires_at = excluded.expires_at
  WHERE token IS NULL OR token = excluded.token OR expires_at <= ?5
  RETURNING fence`);

const renewLock = query("UPDATE wfe_lock SET expires_at = ?3 WHERE name = ?1 AND token = ?2 RETURNING name");

const freeLock = query(`
  UPDATE wfe_lock SET token = NULL, expires_at = NULL WHERE name = ?1 AND token = ?2 RETURNING name`);

const forgetLocks = query(`
  DELETE FROM wfe_lock WHERE name IN (
    SELECT name FROM wfe_lock WHERE fence < ?1 AND (expires_at IS NULL OR expires_at <= ?2) ORDER BY fence LIMIT ?3 + 0)
  RETURNING name`);

const selectHolder = "SELECT fence, token, expires_at FROM wfe_lock WHERE name = ?1";

/** What the locks of a store work with. */
export interface LockParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Writes on it. */
  readonly writer: Writer;
  /** Rings when a lock is freed. */
  readonly freed: Bell;
}

/** Locks in the database of the runs. */
export class SqliteLock implements StoreLock {
  readonly #parts: LockParts;

  /** Made by the provider. */
  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  /** Takes a lock that is free. Who finds it taken does not take the write lock, and so has nobody wait. */
  async acquire({ name, token, ttl, above }: LockRequest): Promise<Acquired> {
    const { clock, writer } = this.#parts;
    const { last, freeIn } = await this.#look(name, token);
    if (freeIn > 0) return { fence: null, freeIn };
    const rows = await writer.writeOne(`take lock ${name}`, () => {
      const now = clock.now();
      return unguarded([takeLock, [name, nextFence(last, above, now), token, now + ttl, now]]);
    });
    const [row] = rows![0]![1]!;
    if (row) return { fence: row["fence"] as number };
    return { fence: null, freeIn: (await this.#look(name, token)).freeIn };
  }

  /** Lets its time begin anew. */
  async renew(name: string, token: string, ttl: number): Promise<boolean> {
    const rows = await this.#parts.writer.writeOne(
      `renew lock ${name}`,
      ({ now }) => [[renewLock, [name, token, now + ttl], []]],
    );
    return rows !== null;
  }

  /** Frees it. */
  async release(name: string, token: string): Promise<void> {
    const { writer, freed } = this.#parts;
    const rows = await writer.writeOne(`free lock ${name}`, () => [[freeLock, [name, token], []]]);
    if (rows) freed.ring();
  }

  /** Calls back when any lock is freed. */
  watch(_name: string, listener: () => void): Disposable {
    return this.#parts.freed.listen(listener);
  }

  /** Forgets locks of the past. */
  async forget(before: number, limit: number): Promise<number> {
    const rows = await this.#parts.writer.writeOne(
      "forget locks",
      ({ now }) => unguarded([forgetLocks, [before * 1_000, now, limit]]),
    );
    return rows![0]![1]!.length;
  }

  /** The last fence of others, and milliseconds that another holder has it; 0 where nobody has it, or the token. */
  async #look(name: string, token: string): Promise<{ readonly last: number; readonly freeIn: number }> {
    const { connection, clock } = this.#parts;
    const holder = await connection.read(
      `look at lock ${name}`,
      () => connection.get<Holder>(selectHolder, name),
    );
    if (!holder || holder.token === token) return { last: 0, freeIn: 0 };
    const { fence: last, expires_at: end } = holder;
    return { last, freeIn: end === null ? 0 : Math.max(end - clock.now(), 0) };
  }
}

interface Holder {
  readonly fence: number;
  readonly token: string | null;
  readonly expires_at: number | null;
}
