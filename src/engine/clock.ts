/** Where the engine takes time from. Due times and leases go by the store's clock, pauses and fencing by this one. */
export interface Clock {
  /** Milliseconds that never jump, for measuring spans. */
  monotonic(): number;
  /** Calls back once after `delay` milliseconds, unless disposed before. */
  schedule(delay: number, callback: () => void): Disposable;
}

/** What `setTimeout` can hold; longer pauses wake early and are armed again by whoever set them. */
const longestTimer = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  monotonic: () => performance.now(),
  schedule: (delay: number, callback: () => void) => {
    const timer = setTimeout(callback, Math.min(Math.max(delay, 0), longestTimer));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
});

/** Resolves after `delay` milliseconds of `clock`, or at once when `signal` aborts. */
export function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(delay, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => timer[Symbol.dispose]());
}
