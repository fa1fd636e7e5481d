import { basename, dirname } from "node:path";

/** Milliseconds after a file event at which to look: the event may come before what was written can be seen. */
const looks = [0, 1, 3, 10];

/**
 * Watches a database file for what other processes write. Does nothing where Deno may not read the folder, or cannot
 * watch it: then the engine's sweep has to find what they wrote.
 */
export class DatabaseWatch implements Disposable {
  readonly #hasChanged: () => boolean;
  readonly #listener: () => void;
  #watcher: Deno.FsWatcher | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking = false;
  #again = false;

  /**
   * @param path the file
   * @param hasChanged whether another connection has written since it was asked last
   * @param listener called where it has
   */
  constructor(path: string, hasChanged: () => boolean, listener: () => void) {
    this.#hasChanged = hasChanged;
    this.#listener = listener;
    this.#watcher = watchFolder(dirname(path));
    if (this.#watcher) void this.#follow(this.#watcher, new Set([basename(path), `${basename(path)}-wal`]));
  }

  /** Watches no more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = null;
  }

  async #follow(watcher: Deno.FsWatcher, names: ReadonlySet<string>): Promise<void> {
    try {
      const events = watcher[Symbol.asyncIterator]();
      for (;;) {
        const next = events.next();
        unref(watcher);
        const { done, value } = await next;
        if (done) return;
        if (value.paths.some((path) => names.has(basename(path)))) this.#look(0);
      }
    } catch {
      // What the watcher cannot tell, the sweep finds.
    }
  }

  /** Looks at once, then later, until something has changed. An event in between has a round of its own afterwards. */
  #look(round: number): void {
    if (round === 0 && this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    if (!this.#watcher) return;
    const changed = this.#ask();
    if (changed) this.#listener();
    const next = looks[round + 1];
    if (!changed && next !== undefined) return this.#schedule(next - looks[round]!, round + 1);
    this.#looking = false;
    if (!this.#again) return;
    this.#again = false;
    this.#schedule(0, 0);
  }

  #schedule(delay: number, round: number): void {
    this.#timer = setTimeout(() => this.#look(round), delay);
    this.#timer.unref();
  }

  #ask(): boolean {
    try {
      return this.#hasChanged();
    } catch {
      // Whoever uses the database next is told what is wrong with it.
      return false;
    }
  }
}

function watchFolder(folder: string): Deno.FsWatcher | null {
  try {
    // Not to ask the person at the terminal: the watch is worth less than a question.
    if (Deno.permissions.querySync({ name: "read", path: folder }).state !== "granted") return null;
    return Deno.watchFs(folder, { recursive: false });
  } catch {
    return null;
  }
}

/** Lets a program end that never disposes of its watch. Deno can, though its types do not say so. */
function unref(watcher: Deno.FsWatcher & { unref?(): void }): void {
  try {
    watcher.unref?.();
  } catch {
    // Such a program then goes on.
  }
}
