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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isEcho = true;
  const handler = () => {
    if (timer === undefined) {
      // What has come before it fires is heard before, however busy the program or the machine is.
      timer = setTimeout(() => isEcho = false, echo);
      first();
    } else if (!isEcho) again();
  };
  for (const signal of signals) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose](): void {
      clearTimeout(timer);
      for (const signal of signals) Deno.removeSignalListener(signal, handler);
    },
  };
}
