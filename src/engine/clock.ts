/** Where the engine takes time from. Due times and leases go by the store's clock, pauses and fencing by this one. */
export interface Clock {
  /** Milliseconds that never jump, for measuring spans. */
  monotonic(): number;
  /** Calls back once after `delay` milliseconds, unless disposed before. */
  schedule(delay: number, callback: () => void): Disposable;
  /**
   * For clocks that move by themselves: time stands still until the returned function is called. The engine holds it
   * while a body runs or the store is asked something.
   */
  hold?(): () => void;
}

/** What `setTimeout` can hold: 24.8 days. */
const longestTimer = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  monotonic: () => performance.now(),
  schedule: (delay: number, callback: () => void) => {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: number) => {
      const part = Math.min(Math.max(left, 0), longestTimer);
      timer = setTimeout(() => left > part ? arm(left - part) : callback(), part);
    };
    arm(delay);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
});

/** Resolves after `delay` milliseconds of `clock`, or at once when `signal` aborts. */
export function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(delay, resolve);
  const end = () => resolve();
  signal.addEventListener("abort", end, { once: true });
  return promise.finally(() => {
    timer[Symbol.dispose]();
    signal.removeEventListener("abort", end);
  });
}
