import assert from "node:assert/strict";
import type { LockProvider, LockRequest } from "../provider/lock.ts";
import { testPromise } from "./contract_promise.ts";
import { longestKey } from "./longest_key.ts";

/** How the contract gets at locks. Their time is real. */
export interface LockFactory {
  /** Makes locks of which none is taken. */
  readonly open: () => Promise<LockProvider>;
  /**
   * Another connection to the locks that were opened last.
   * @default the locks themselves
   */
  readonly connect?: () => Promise<LockProvider>;
  /** Called after each test: closes what was opened. */
  readonly clean?: () => Promise<void>;
}

interface Scene {
  readonly lock: LockProvider;
  readonly other: LockProvider;
}

/** What locks promise. */
export const lockPromises: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "a lock that is free is taken, by one": async ({ lock, other }) => {
    ok(await take(lock, "a"));
    const refused = await other.acquire(request("b"));
    assert.equal(refused.fence, null);
    assert.ok("freeIn" in refused && refused.freeIn > 0 && refused.freeIn <= long);
  },
  "the same token gets it again, with the same fence": async ({ lock, other }) => {
    const fence = await take(lock, "a");
    assert.equal(await take(other, "a"), fence);
  },
  "a lock that is released is free, and its next fence is greater": async ({ lock, other }) => {
    const first = await take(lock, "a");
    await lock.release("door", "a");
    ok(await take(other, "b") > first);
  },
  "fences rise, however often a lock is taken": async ({ lock }) => {
    let last = 0;
    for (let time = 0; time < 20; time++) {
      const fence = await take(lock, `token ${time}`);
      ok(Number.isSafeInteger(fence) && fence > last);
      last = fence;
      await lock.release("door", `token ${time}`);
    }
  },
  "a fence is greater than what it is to be above": async ({ lock }) => {
    const above = Date.now() * 1_000 + 3_600_000_000;
    ok(await take(lock, "a", { above }) > above);
  },
  "a fence that no number could tell is refused, and the lock stays free": async ({ lock, other }) => {
    const greatest = Number.MAX_SAFE_INTEGER;
    for (const above of [greatest, 2 ** 60]) {
      await assert.rejects(take(lock, "a", { above }), { code: "STORE", problem: "unsupported" });
    }
    ok(await take(other, "b") < greatest);
    await lock.release("door", "b");
    assert.equal(await take(lock, "c", { above: greatest - 1 }), greatest);
    assert.equal(await take(lock, "c"), greatest);
    await lock.release("door", "c");
    await assert.rejects(take(lock, "d"), { code: "STORE", problem: "unsupported" });
  },
  "a lock that is not renewed is free when its time is over; who had it has it no more": async (
    { lock, other },
  ) => {
    const first = await take(lock, "a", { ttl: 50 });
    const second = await eventually(async () => (await other.acquire(request("b"))).fence);
    ok(second > first);
    assert.equal(await lock.renew("door", "a", long), false);
    await lock.release("door", "a");
    assert.equal((await lock.acquire(request("c"))).fence, null);
    assert.equal(await other.renew("door", "b", long), true);
  },
  "a lock that is renewed stays taken": async ({ lock, other }) => {
    await take(lock, "a", { ttl: long / 2 });
    assert.equal(await lock.renew("door", "a", long), true);
    const refused = await other.acquire(request("b"));
    ok("freeIn" in refused && refused.freeIn > long / 2);
  },
  "a lock that was released is not renewed, and may be released again": async ({ lock }) => {
    await take(lock, "a");
    await lock.release("door", "a");
    assert.equal(await lock.renew("door", "a", long), false);
    await lock.release("door", "a");
    await lock.release("never taken", "a");
  },
  "locks of other names are others, whatever they are called": async ({ lock }) => {
    for (const name of ["Door", "door ", "{door}", "dé'\"\\;--\n", longestKey(1)]) {
      ok(await take(lock, "a", { name }));
      assert.equal((await lock.acquire(request("b", { name }))).fence, null);
    }
    ok(await take(lock, "b"));
  },
  "of many who ask at once, one gets it": async ({ lock, other }) => {
    const asked = Array.from({ length: 40 }, (_, n) => (n % 2 ? lock : other).acquire(request(`token ${n}`)));
    const fences = (await Promise.all(asked)).filter(({ fence }) => fence !== null);
    assert.equal(fences.length, 1);
  },
  "who watches a lock is told when it is released elsewhere": async ({ lock, other }) => {
    if (!lock.watch) return;
    let told = 0;
    using _watch = lock.watch("door", () => told++);
    // A call may be lost.
    await eventually(async () => {
      await take(other, "a");
      await other.release("door", "a");
      return told > 0 || null;
    });
  },
};

/** Milliseconds that nothing in these tests takes. */
const long = 60_000;

/**
 * Registers the tests of everything that a `LockProvider` promises, one for each promise.
 *
 * @param name the provider, for the names of the tests
 *
 * @example
 * ```ts ignore
 * import { MemoryLock } from "@wfe/engine";
 * import { testLock } from "@wfe/engine/testing";
 *
 * testLock("memory lock", { open: () => Promise.resolve(new MemoryLock()) });
 * ```
 */
export function testLock(name: string, factory: LockFactory): void {
  for (const [promise, test] of Object.entries(lockPromises)) {
    testPromise(`${name}: ${promise}`, factory.clean, async () => {
      const lock = await factory.open();
      await test({ lock, other: await factory.connect?.() ?? lock });
    });
  }
}

function request(token: string, more: Partial<LockRequest> = {}): LockRequest {
  return { name: "door", token, ttl: long, above: 0, ...more };
}

async function take(lock: LockProvider, token: string, more?: Partial<LockRequest>): Promise<number> {
  const { fence } = await lock.acquire(request(token, more));
  assert.notEqual(fence, null);
  return fence!;
}

function ok(holds: unknown): void {
  assert.ok(holds);
}

/** The first result that is not null, of tries in a row. */
async function eventually<Result>(attempt: () => Promise<Result | null>): Promise<Result> {
  for (const start = performance.now(); performance.now() - start < long;) {
    const result = await attempt();
    if (result !== null) return result;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail(`not within ${long} ms`);
}
