import { fenceRetention } from "../provider/lock.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";

/** Milliseconds between two looks for what may be forgotten. */
const forgetInterval = 60_000;
const batch = 1_000;

/** What housekeeping needs. */
export interface HousekeepingParts {
  /** Where events are kept. */
  readonly persistence: Persistence;
  /** Time between two looks. */
  readonly clock: Clock;
  /** Milliseconds that an event is kept. */
  readonly retention: number;
  /** Milliseconds that a sink is kept which no host feeds. */
  readonly sinkRetention: number;
  /** Called when runs have got mail. */
  readonly delivered: (runIds: readonly string[]) => void;
}

/** Goes on with events that many runs wait for, and forgets those, and the locks and sinks, whose time is over. */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #forgotAt = -Infinity;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  /** Does what there is to do. */
  async tidy(): Promise<void> {
    const { persistence, clock, retention, sinkRetention, delivered } = this.#parts;
    for (;;) {
      const woken = await persistence.fanOut(batch);
      if (woken.length === 0) break;
      delivered(woken);
    }
    if (clock.monotonic() - this.#forgotAt < forgetInterval) return;
    this.#forgotAt = clock.monotonic();
    const before = persistence.now() - retention;
    while (await persistence.forgetEvents(before, batch) >= batch);
    const unusedSince = persistence.now() - fenceRetention;
    while ((await persistence.lock?.forget(unusedSince, batch) ?? 0) >= batch);
    const idleSince = persistence.now() - sinkRetention;
    for (const name of await persistence.closeIdleSinks(idleSince)) {
      console.warn(
        `Sink "${name}" is closed: no host has fed it since ${new Date(idleSince).toISOString()}`,
      );
    }
  }
}
