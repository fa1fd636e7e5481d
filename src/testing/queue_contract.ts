import assert from "node:assert/strict";
import type { QueueEntry, QueueProvider } from "../provider/queue.ts";
import { testPromise } from "./contract_promise.ts";

/** How the contract gets at a queue. Its time is real. */
export interface QueueFactory {
  /** Makes an empty queue that gives what is not acknowledged again after `visibility` milliseconds. */
  readonly open: (visibility: number) => Promise<QueueProvider>;
  /**
   * Another connection to the queue that was opened last.
   * @default the queue itself
   */
  readonly connect?: (visibility: number) => Promise<QueueProvider>;
  /** Called after each test: closes what was opened. */
  readonly clean?: () => Promise<void>;
}

interface Scene {
  readonly queue: QueueProvider;
  readonly other: QueueProvider;
}

interface Promised {
  /** Milliseconds. */
  readonly visibility?: number;
  readonly test: (scene: Scene) => Promise<void>;
}

/** What a queue promises. */
export const queuePromises: Readonly<Record<string, Promised>> = {
  "what was pushed is reserved, each hint by one": {
    test: async ({ queue, other }) => {
      await queue.push(["a", "b", "c"]);
      const first = await reserve(queue, 2);
      const second = await reserve(other, 2);
      assert.deepEqual([...first, ...second].map(({ runId }) => runId).toSorted(), ["a", "b", "c"]);
      assert.ok(first.length <= 2);
    },
  },
  "who reserves waits until there is something": {
    test: async ({ queue, other }) => {
      const waiting = reserve(other, 9);
      await queue.push(["a"]);
      assert.deepEqual((await waiting).map(({ runId }) => runId), ["a"]);
      await other.acknowledge(await waiting);
    },
  },
  "each of those who wait gets something": {
    test: async ({ queue, other }) => {
      const waiting = [reserve(queue, 1, "one"), reserve(queue, 1, "two"), reserve(other, 1, "three")];
      await queue.push(["a", "b", "c"]);
      const runIds = (await Promise.all(waiting)).flat().map(({ runId }) => runId);
      assert.deepEqual(runIds.toSorted(), ["a", "b", "c"]);
    },
  },
  "who waits gets nothing when the signal aborts, and loses nothing": {
    test: async ({ queue }) => {
      const abort = new AbortController();
      const waiting = queue.reserve("one", 9, abort.signal);
      abort.abort();
      assert.deepEqual(await waiting, []);
      await queue.push(["a"]);
      assert.deepEqual(await queue.reserve("one", 9, abort.signal), []);
      assert.equal((await reserve(queue, 9)).length, 1);
    },
  },
  "what is not acknowledged comes again, to somebody else": {
    visibility: 100,
    test: async ({ queue, other }) => {
      await queue.push(["a"]);
      const [dropped] = await reserve(queue, 9, "dead");
      const [again] = await reserve(other, 9, "alive");
      assert.equal(again?.runId, dropped?.runId);
    },
  },
  "what is acknowledged does not come again": {
    visibility: 50,
    test: async ({ queue, other }) => {
      await queue.push(["a"]);
      await queue.acknowledge(await reserve(queue, 9));
      await queue.push(["b"]);
      const seen: string[] = [];
      // Until the other hint has come twice.
      while (seen.length < 2) seen.push(...(await reserve(other, 9)).map(({ runId }) => runId));
      assert.deepEqual([...new Set(seen)], ["b"]);
    },
  },
  "to acknowledge twice, or nothing, does nothing": {
    test: async ({ queue }) => {
      await queue.push([]);
      await queue.push(["a"]);
      const entries = await reserve(queue, 9);
      await queue.acknowledge(entries);
      await queue.acknowledge(entries);
      await queue.acknowledge([]);
      await queue.push(["b"]);
      assert.deepEqual((await reserve(queue, 9)).map(({ runId }) => runId), ["b"]);
    },
  },
  "a run may be pushed again and again, and hints come whatever the ids": {
    test: async ({ queue }) => {
      const ids = ["a", "A", "x".repeat(200), "a.b_c-d"];
      await queue.push(ids);
      await queue.push(ids);
      const seen = new Set<string>();
      while (seen.size < ids.length) {
        const entries = await reserve(queue, 3);
        for (const { runId } of entries) seen.add(runId);
        await queue.acknowledge(entries);
      }
      assert.deepEqual([...seen].toSorted(), ids.toSorted());
    },
  },
  "a thousand hints reach several consumers, none of them two": {
    test: async ({ queue, other }) => {
      const runIds = Array.from({ length: 1_000 }, (_, n) => `run-${n}`);
      await queue.push(runIds);
      const over = new AbortController();
      const seen: string[] = [];
      await Promise.all([queue, other, queue].map(async (each, n) => {
        while (!over.signal.aborted) {
          const entries = await each.reserve(`consumer-${n}`, 100, over.signal);
          await each.acknowledge(entries);
          seen.push(...entries.map(({ runId }) => runId));
          if (seen.length >= runIds.length) over.abort();
        }
      }));
      assert.deepEqual(seen.toSorted(), runIds.toSorted());
    },
  },
};

/**
 * Registers the tests of everything that a `QueueProvider` promises, one for each promise.
 *
 * @param name the provider, for the names of the tests
 *
 * @example
 * ```ts ignore
 * import { MemoryQueue } from "@wfe/engine";
 * import { testQueue } from "@wfe/engine/testing";
 *
 * testQueue("memory queue", { open: (visibility) => Promise.resolve(new MemoryQueue({ visibility })) });
 * ```
 */
export function testQueue(name: string, factory: QueueFactory): void {
  for (const [promise, { visibility = 60_000, test }] of Object.entries(queuePromises)) {
    testPromise(`${name}: ${promise}`, factory.clean, async () => {
      const queue = await factory.open(visibility);
      await test({ queue, other: await factory.connect?.(visibility) ?? queue });
    });
  }
}

async function reserve(
  queue: QueueProvider,
  limit: number,
  consumer = "one",
): Promise<readonly QueueEntry[]> {
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), 60_000);
  const entries = await queue.reserve(consumer, limit, tooLong.signal);
  clearTimeout(timer);
  assert.ok(entries.length > 0, "nothing came within 60 s");
  return entries;
}
