import type { StoreClock } from "../src/provider/clock.ts";
import type { QueueEntry } from "../src/provider/queue.ts";
import type { Bell } from "./bell.ts";

/** Most milliseconds between two looks: a signal of another process may be lost. */
const sweep = 10_000;

/** What a queue in a database waits with. */
export interface HintsParts {
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Rings when there are new hints. */
  readonly pushed: Bell;
  /** Aborted when the store is closed. */
  readonly closed: AbortSignal;
}

/**
 * Looks for hints until there are some, or `signal` aborts: when others are pushed, and when the next is to be had.
 *
 * @param look reserves hints, or tells when the next is to be had, by the store's clock; Infinity where there is none
 */
export async function waitForHints(
  { clock, pushed, closed }: HintsParts,
  signal: AbortSignal,
  look: () => Promise<readonly QueueEntry[] | number>,
): Promise<readonly QueueEntry[]> {
  const over = AbortSignal.any([signal, closed]);
  while (!signal.aborted) {
    let rang = false;
    // Before the look, so that no hint comes in between.
    using _bell = pushed.listen(() => rang = true);
    const found = await look();
    if (typeof found !== "number") return found;
    if (!rang) await pushed.wait(Math.min(Math.max(found - clock.now(), 1), sweep), over);
  }
  return [];
}
