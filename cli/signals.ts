/** Windows has no SIGTERM that could be heard, and a key for this one. */
const signals = ["SIGINT", Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM"] as const;

/**
 * Milliseconds within which the same signal counts once: `deno task` passes Ctrl-C on to a process that the terminal
 * has told already (measured: 1 ms apart).
 */
const echo = 250;

/**
 * Calls `first` at the first Ctrl-C or SIGTERM and `again` at each one after it, until disposed.
 */
export function onInterrupt(first: () => void, again: () => void): Disposable {
  let since = -Infinity;
  const handler = () => {
    const now = performance.now();
    if (since === -Infinity) {
      since = now;
      first();
    } else if (now - since > echo) again();
  };
  for (const signal of signals) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose](): void {
      for (const signal of signals) Deno.removeSignalListener(signal, handler);
    },
  };
}
