import { StoreError } from "./errors.ts";

/**
 * Hands out locks by name, each to one holder at a time, until it is released or its time is over. Nothing relies on it
 * for what is recorded: the fence of a lock goes into the commit, where the store holds it against what it has seen.
 *
 * Every method may reject with a `StoreError`; the same call may then be made again.
 */
export interface LockProvider {
  /**
   * Takes a lock that is free. The same token again gets the same fence, and its time begins anew. Where no whole number
   * up to 2^53 - 1 is left for the fence, it rejects with a `StoreError` that is `unsupported`, and nobody has the lock.
   */
  acquire(request: LockRequest): Promise<Acquired>;
  /** Lets the time of a lock begin anew; returns whether the token still has it. */
  renew(name: string, token: string, ttl: number): Promise<boolean>;
  /** Frees a lock, if the token still has it. */
  release(name: string, token: string): Promise<void>;
  /**
   * Calls back when a lock of this name may be free. It may call without reason, and a call may be lost. Without it, who
   * waits tries again and again.
   */
  watch?(name: string, listener: () => void): Disposable;
}

/**
 * Milliseconds that the fence of a lock is kept which nobody has. Those of later are greater anyway, as far as clocks do
 * not go back; and a result whose lock has not been known to be held for half of it is not recorded any more.
 */
export const fenceRetention = 86_400_000;

/** Locks that lie in a store of runs. */
export interface StoreLock extends LockProvider {
  /**
   * Forgets up to `limit` locks that nobody has, and whose fences were given before a time of the store's clock; returns
   * how many. Hosts let the time be {@linkcode fenceRetention} ago.
   */
  forget(before: number, limit: number): Promise<number>;
}

/** Which lock to take. */
export interface LockRequest {
  /** What is locked: 1 to 1,024 bytes in UTF-8. */
  readonly name: string;
  /** Of this holder alone. */
  readonly token: string;
  /** Milliseconds after which the lock is free unless it is renewed. */
  readonly ttl: number;
  /** The fence must be greater than this, a whole number: what is known to have been seen. */
  readonly above: number;
}

/** What became of taking a lock: its fence, a whole number up to 2^53 - 1, or, where another has it, how many milliseconds it has it unless it renews. */
export type Acquired = { readonly fence: number } | { readonly fence: null; readonly freeIn: number };

/**
 * The fence of a new holder, given the last one and the time: greater also where what was known of the last is lost.
 *
 * @throws {StoreError} where no number can tell it from others
 */
export function nextFence(last: number, above: number, now: number): number {
  const fence = Math.max(last + 1, above + 1, now * 1_000);
  if (Number.isSafeInteger(fence)) return fence;
  throw endOfFences(Math.max(last, above));
}

/** There is no fence that is greater than this one. */
export function endOfFences(fence: number): StoreError {
  return new StoreError(
    "unsupported",
    `Cannot take a lock: no fence is greater than ${fence}, as all are whole numbers up to 2^53 - 1; ` +
      "lock another name, and see where a fence that is no time in microseconds comes from",
  );
}
