import assert from "node:assert/strict";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { LifecycleFeed } from "../provider/lifecycle.ts";
import { testPromise } from "./contract_promise.ts";

/** How the contract gets at a feed. */
export interface LifecycleFactory {
  /** Makes an empty feed that keeps at least the last `keep` events. */
  readonly open: (keep: number) => Promise<LifecycleFeed>;
  /** Called after each test: closes what was opened. */
  readonly clean?: () => Promise<void>;
}

/** What a feed promises. */
export const lifecyclePromises: Readonly<Record<string, (feed: LifecycleFeed) => Promise<void>>> = {
  "what was published is read as it was, in its order": async (feed) => {
    const events = [step(1), step(2, { output: { text: "é\n\"'{}", deep: [1, null] } }), ended(3)];
    await feed.publish(events.slice(0, 2));
    await feed.publish(events.slice(2));
    assert.deepEqual((await feed.read(null, 99)).map(({ event }) => event), events);
  },
  "who reads on gets what is behind an entry, as many as wanted": async (feed) => {
    await feed.publish([1, 2, 3, 4].map((sequence) => step(sequence)));
    const [first, second] = await feed.read(null, 2);
    assert.deepEqual([first?.event.sequence, second?.event.sequence], [1, 2]);
    assert.deepEqual((await feed.read(second!.id, 1)).map(({ event }) => event.sequence), [3]);
    const all = await feed.read(null, 99);
    assert.deepEqual(await feed.read(all.at(-1)!.id, 99), []);
  },
  "the same events may be published again": async (feed) => {
    await feed.publish([step(1), step(2)]);
    await feed.publish([step(1), step(2), step(3)]);
    const sequences = (await feed.read(null, 99)).map(({ event }) => event.sequence);
    assert.deepEqual([...new Set(sequences)], [1, 2, 3]);
    assert.equal(sequences.at(-1), 3);
  },
  "nothing published is nothing to be read": async (feed) => {
    await feed.publish([]);
    assert.deepEqual(await feed.read(null, 99), []);
  },
  "the last events are kept, of those before no more than as many again and a hundred": async (feed) => {
    for (let from = 0; from < 2_000; from += 100) {
      await feed.publish(Array.from({ length: 100 }, (_, n) => step(from + n)));
    }
    const kept = await feed.read(null, 9_999);
    assert.ok(kept.length >= usual && kept.length <= 2 * usual + 100, `${kept.length} are kept`);
    assert.equal(kept.at(-1)?.event.sequence, 1_999);
  },
  "a sink has a name": (feed) => {
    assert.ok(feed.name.length > 0);
    return Promise.resolve();
  },
};

const usual = 200;

/**
 * Registers the tests of everything that a `LifecycleFeed` promises, one for each promise.
 *
 * @param name the provider, for the names of the tests
 *
 * @example
 * ```ts ignore
 * import { MemoryLifecycle } from "@wfe/engine";
 * import { testLifecycle } from "@wfe/engine/testing";
 *
 * testLifecycle("memory feed", { open: (keep) => Promise.resolve(new MemoryLifecycle({ keep })) });
 * ```
 */
export function testLifecycle(name: string, factory: LifecycleFactory): void {
  for (const [promise, test] of Object.entries(lifecyclePromises)) {
    testPromise(`${name}: ${promise}`, factory.clean, async () => await test(await factory.open(usual)));
  }
}

function step(sequence: number, more: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return {
    type: "StepCompleted",
    runId: "run",
    definitionId: "d",
    sequence,
    at: 10,
    pointerId: 1,
    stepKey: "a",
    undoes: null,
    attempt: 1,
    startedAt: 5,
    output: null,
    error: null,
    dueAt: null,
    ...more,
  } as LifecycleEvent;
}

function ended(sequence: number): LifecycleEvent {
  return { type: "WorkflowCompleted", runId: "run", definitionId: "d", sequence, at: 10, reason: null };
}
