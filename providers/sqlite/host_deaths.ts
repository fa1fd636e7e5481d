import { isHostLock, probe } from "./host_locks.ts";
import type { WakeFolder } from "./wake_folder.ts";

/** Milliseconds before each look at a lock file that was closed: Linux tells of that just before it frees the lock. */
const pauses = [1, 3, 10, 30, 100, 300];

/**
 * Calls back when a host of another process has died: the kernel closes its lock file then, and who watches the folder
 * hears of it. While nobody dies it costs nothing. Systems other than Linux do not tell of files that are closed.
 */
export function watchDeaths(folder: WakeFolder, listener: () => void): Disposable {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  const lookAfter = (path: string, [pause, ...more]: readonly number[]): void => {
    clearTimeout(timers.get(path));
    timers.delete(path);
    if (pause === undefined) return;
    const timer = setTimeout(() => {
      const state = probe(path);
      lookAfter(path, state === "held" ? more : []);
      if (state === "free") listener();
    }, pause);
    timer.unref();
    timers.set(path, timer);
  };

  const watch = folder.watch((path, isClosed) => {
    if (path !== null && isClosed && isHostLock(path)) lookAfter(path, pauses);
  });
  return {
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
