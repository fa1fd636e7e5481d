/** Milliseconds between two calls where the system watches no further folder, as where all its watches are taken. */
const unwatched = 1_000;

/**
 * Hears of a file that was written, or that somebody has closed who could write to it; of `null` when any may have
 * been.
 */
export type OnWritten = (path: string | null, isClosed: boolean) => void;

/** The folder by whose files processes on one database tell each other something. It is watched once for all who ask. */
export class WakeFolder {
  readonly path: string;
  readonly #listeners = new Set<OnWritten>();
  #watch: Disposable | null = null;
  #closed = false;

  /** `path` is made when it is needed. */
  constructor(path: string) {
    this.path = path;
  }

  /** Whether Deno may use it. */
  get isGranted(): boolean {
    return isGranted("read", this.path) && isGranted("write", this.path);
  }

  /** Makes it, where it is not there. */
  make(): void {
    Deno.mkdirSync(this.path, { recursive: true });
  }

  /** Calls back for the files that are written in it, as far as Deno may use it. */
  watch(listener: OnWritten): Disposable {
    if (this.#closed) return { [Symbol.dispose]: () => {} };
    this.#listeners.add(listener);
    this.#watch ??= this.#begin();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#end();
      },
    };
  }

  /** Watches no more, whoever asks: the folder may be removed by now. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#end();
  }

  /** Where it may not be used there is no watch: what it cannot tell, the engine's sweep finds. */
  #begin(): Disposable | null {
    if (!this.isGranted) return null;
    try {
      this.make();
      const watcher = Deno.watchFs(this.path, { recursive: false });
      void this.#follow(watcher);
      return { [Symbol.dispose]: () => watcher.close() };
    } catch {
      const timer = setInterval(() => this.#tell(null, false), unwatched);
      timer.unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    }
  }

  #end(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    try {
      const events = watcher[Symbol.asyncIterator]();
      for (;;) {
        const next = events.next();
        unref(watcher);
        const { done, value } = await next;
        if (done) return;
        const { kind, paths } = value;
        // Linux tells so of who closes a file that is open for writing; of other systems nothing comes by this name.
        if (kind !== "remove") paths.forEach((path) => this.#tell(path, kind === "access"));
      }
    } catch {
      // As where there is none.
    }
  }

  #tell(path: string | null, isClosed: boolean): void {
    for (const listener of [...this.#listeners]) listener(path, isClosed);
  }
}

/** Without asking the person at the terminal: a signal is worth less than a question. */
function isGranted(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}

/** Lets a program end that never disposes of its watch. Deno can, though its types do not say so. */
function unref(watcher: Deno.FsWatcher & { unref?(): void }): void {
  try {
    watcher.unref?.();
  } catch {
    // Such a program then goes on.
  }
}
