import type { Persistence } from "../provider/persistence.ts";
import { ManualClock } from "./manual_clock.ts";
import { claimPromises } from "./persistence/claim.ts";
import { commitPromises } from "./persistence/commit.ts";
import { controlPromises } from "./persistence/control.ts";
import { createPromises } from "./persistence/create.ts";
import { fanOutPromises } from "./persistence/fan_out.ts";
import { fencePromises } from "./persistence/fences.ts";
import { listingPromises } from "./persistence/listing.ts";
import { mailboxPromises } from "./persistence/mailbox.ts";
import { notePromises } from "./persistence/notes.ts";
import { pointerPromises } from "./persistence/pointers.ts";
import { publishingPromises } from "./persistence/publishing.ts";
import { purgePromises } from "./persistence/purge.ts";
import { readingPromises } from "./persistence/reading.ts";
import type { Promises } from "./persistence/scene.ts";
import { sinkPromises } from "./persistence/sinks.ts";
import { summaryPromises } from "./persistence/summaries.ts";
import { waitingPromises } from "./persistence/waiting.ts";
import { watchPromises } from "./persistence/watching.ts";
import { testPromise } from "./contract_promise.ts";

/** How the contract gets at a store. */
export interface PersistenceFactory {
  /** Makes an empty store that goes by `clock`. */
  readonly open: (clock: ManualClock) => Promise<Persistence>;
  /**
   * Another connection to the store that was opened last. Without it, watching is not tested.
   *
   * @default the store itself
   */
  readonly connect?: (clock: ManualClock) => Promise<Persistence>;
  /**
   * Whether the store has locks, and keeps the fences of commits. Without them, these are not tested.
   *
   * @default true
   */
  readonly locks?: boolean;
  /** Called after each test, when everything is closed, with nothing left to do for a store in memory. */
  readonly clean?: () => Promise<void>;
}

/** What a store promises, by what it is about. */
export const persistencePromises = {
  creating: createPromises,
  claiming: claimPromises,
  committing: commitPromises,
  activations: pointerPromises,
  control: controlPromises,
  mail: mailboxPromises,
  publishing: publishingPromises,
  waiting: waitingPromises,
  "fan-out": fanOutPromises,
  sinks: sinkPromises,
  purging: purgePromises,
  reading: readingPromises,
  listing: listingPromises,
  summaries: summaryPromises,
  notes: notePromises,
  watching: watchPromises,
  fences: fencePromises,
} satisfies Readonly<Record<string, Promises>>;

/**
 * Registers the tests of everything that a {@linkcode Persistence} promises, one for each promise.
 *
 * @param name the provider, for the names of the tests
 *
 * @example
 * ```ts ignore
 * import { MemoryPersistence } from "@wfe/engine";
 * import { testPersistence } from "@wfe/engine/testing";
 *
 * testPersistence("memory", { open: (clock) => Promise.resolve(new MemoryPersistence({ clock })) });
 * ```
 */
export function testPersistence(name: string, factory: PersistenceFactory): void {
  const { watching, fences, ...always } = persistencePromises;
  const promised: readonly Promises[] = [
    ...Object.values(always),
    ...(factory.connect ? [watching] : []),
    ...(factory.locks ?? true ? [fences] : []),
  ];
  for (const [promise, test] of promised.flatMap((promises) => Object.entries(promises))) {
    testPromise(`${name}: ${promise}`, factory.clean, async (open) => {
      const clock = new ManualClock();
      const store = open.use(await factory.open(clock));
      const connect = async () => factory.connect ? open.use(await factory.connect(clock)) : store;
      await test({ store, clock, connect });
    });
  }
}
