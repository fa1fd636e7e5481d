import {
  type Acquired,
  endOfFences,
  fenceRetention,
  type LockProvider,
  type LockRequest,
} from "../../src/provider/lock.ts";
import type { Connection } from "./connection.ts";
import { FreedLocks } from "./freed_locks.ts";
import type { Keys } from "./keys.ts";
import { script } from "./script.ts";

/** Names of freed locks that are kept, about, for those who wait. */
const mostFreed = 1_000;

/** A fence is the time in microseconds, and one more than the last where that is greater. */
const acquire = script(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {0, redis.call('PTTL', KEYS[1])} end
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = last
if not holder or last == 0 then
  local time = redis.call('TIME')
  fence = math.max(last + 1, tonumber(ARGV[3]) + 1, time[1] * 1000000 + time[2])
end
if fence > 9007199254740991 then return {-1, string.format('%.0f', fence)} end
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text, 'PX', ARGV[4])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, text}`);

const renew = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

const release = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'name', ARGV[2])
return 1`);

/** What locks work with. */
export interface LockParts {
  /** The way to the server. */
  readonly connection: Connection;
  /** Names of keys. */
  readonly keys: Keys;
}

/** Locks that expire by themselves, with a token for each holder. */
export class ValkeyLock implements LockProvider {
  /** Calls back when a lock is freed; there where a second connection is. */
  readonly watch?: (name: string, listener: () => void) => Disposable;
  readonly #parts: LockParts;
  readonly #freed: FreedLocks | null = null;

  /** Made by the provider. */
  constructor(parts: LockParts) {
    this.#parts = parts;
    if (!parts.connection.connectBlocking) return;
    const freed = this.#freed = new FreedLocks(parts.connection, parts.keys.freed);
    this.watch = (name, listener) => freed.watch(name, listener);
  }

  /** Takes a lock that is free. */
  async acquire({ name, token, ttl, above }: LockRequest): Promise<Acquired> {
    const { connection, keys } = this.#parts;
    const args = [token, String(Math.ceil(ttl)), String(above), String(fenceRetention)];
    const reply = await connection.run(
      `take lock ${name}`,
      acquire,
      [keys.lock(name), keys.fence(name)],
      args,
    );
    const [isTaken, value] = reply as [number, string | number];
    if (isTaken === -1) throw endOfFences(Number(value) - 1);
    return isTaken === 1 ? { fence: Number(value) } : { fence: null, freeIn: Math.max(Number(value), 0) };
  }

  /** Lets its time begin anew. */
  async renew(name: string, token: string, ttl: number): Promise<boolean> {
    const { connection, keys } = this.#parts;
    const args = [token, String(Math.ceil(ttl))];
    return await connection.run(`renew lock ${name}`, renew, [keys.lock(name)], args) === 1;
  }

  /** Frees it. */
  async release(name: string, token: string): Promise<void> {
    const { connection, keys } = this.#parts;
    const args = [token, name, String(mostFreed)];
    await connection.run(`free lock ${name}`, release, [keys.lock(name), keys.freed], args);
  }

  /** Ends the connection that waits. */
  async close(): Promise<void> {
    await this.#freed?.close();
  }
}
