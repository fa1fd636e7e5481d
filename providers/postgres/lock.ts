import type { StoreClock } from "../../src/provider/clock.ts";
import { type Acquired, type LockRequest, nextFence, type StoreLock } from "../../src/provider/lock.ts";
import type { Bell } from "../bell.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Has a row where the lock was free, or the token has it. */
const takeLock = `
  INSERT INTO @wfe_lock AS l (name, fence, token, expires_at) VALUES ($1, $2::bigint, $3, $4::bigint)
  ON CONFLICT (name) DO UPDATE SET
    fence = CASE WHEN l.token = excluded.token THEN l.fence ELSE greatest(l.fence + 1, excluded.fence) END,
    token = excluded.token, expires_at = excluded.expires_at
  WHERE l.token IS NULL OR l.token = excluded.token OR l.expires_at <= $5::bigint
  RETURNING to_json(l.fence)::text AS r`;

const renewLock = `
  UPDATE @wfe_lock SET expires_at = $3::bigint WHERE name = $1 AND token = $2 RETURNING to_json(name)::text AS r`;

const freeLock = `
  UPDATE @wfe_lock SET token = NULL, expires_at = NULL WHERE name = $1 AND token = $2
  RETURNING to_json(name)::text AS r`;

const forgetLocks = `
  DELETE FROM @wfe_lock WHERE name = ANY (ARRAY(
    SELECT name FROM @wfe_lock WHERE fence < $1::bigint AND (expires_at IS NULL OR expires_at <= $2::bigint)
    ORDER BY fence LIMIT $3::bigint FOR UPDATE SKIP LOCKED))
  RETURNING to_json(name)::text AS r`;

const selectOther = `
  SELECT json_build_object('last', fence, 'end', expires_at)::text AS r FROM @wfe_lock
  WHERE name = $1 AND token IS DISTINCT FROM $2`;

/** What the locks of a store work with. */
export interface LockParts {
  /** Where to read and write. */
  readonly connection: Connection;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Rings when a lock is freed. */
  readonly freed: Bell;
}

/** Locks in the database of the runs. */
export class PostgresLock implements StoreLock {
  readonly #parts: LockParts;

  /** Made by the provider. */
  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  /** Takes a lock that is free. Who finds it taken writes nothing. */
  async acquire({ name, token, ttl, above }: LockRequest): Promise<Acquired> {
    const { connection, clock } = this.#parts;
    const what = `take lock ${name}`;
    const { last, freeIn } = await this.#look(name, token);
    if (freeIn > 0) return { fence: null, freeIn };
    const now = clock.now();
    const values = [name, nextFence(last, above, now), token, whole(now + ttl), now];
    const fence = await connection.get<number>(what, takeLock, ...values);
    if (fence !== undefined) return { fence };
    return { fence: null, freeIn: (await this.#look(name, token)).freeIn };
  }

  /** Lets its time begin anew. */
  async renew(name: string, token: string, ttl: number): Promise<boolean> {
    const { connection, clock } = this.#parts;
    const renewed = await connection.get(
      `renew lock ${name}`,
      renewLock,
      name,
      token,
      whole(clock.now() + ttl),
    );
    return renewed !== undefined;
  }

  /** Frees it. */
  async release(name: string, token: string): Promise<void> {
    const { connection, freed } = this.#parts;
    if (await connection.get(`free lock ${name}`, freeLock, name, token) !== undefined) freed.ring();
  }

  /** Calls back when any lock is freed. */
  watch(_name: string, listener: () => void): Disposable {
    return this.#parts.freed.listen(listener);
  }

  /** Forgets locks of the past. */
  async forget(before: number, limit: number): Promise<number> {
    const { connection, clock } = this.#parts;
    const values = [whole(before * 1_000), clock.now(), whole(limit)];
    return (await connection.all("forget locks", forgetLocks, ...values)).length;
  }

  /** The last fence of others, and milliseconds that another holder has it; 0 where nobody has it, or the token. */
  async #look(name: string, token: string): Promise<{ readonly last: number; readonly freeIn: number }> {
    const { connection, clock } = this.#parts;
    const other = await connection.get<Other>(`look at lock ${name}`, selectOther, name, token);
    return { last: other?.last ?? 0, freeIn: Math.max((other?.end ?? 0) - clock.now(), 0) };
  }
}

interface Other {
  readonly last: number;
  readonly end: number | null;
}
