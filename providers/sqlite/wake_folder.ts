/** Milliseconds between two calls where the system watches no further folder, as where all its watches are taken. */
const unwatched = 1_000;

/** Hears of a file that was written, or of `null` when any may have been. */
export type OnWritten = (path: string | null) => void;

/** The folder by whose files processes on one database tell each other something. It is watched once for all who ask. */
export class WakeFolder {
  readonly path: string;
  readonly #listeners = new Set<OnWritten>();
  #watch: Disposable | null = null;

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
    this.#listeners.add(listener);
    this.#watch ??= this.#begin();
    return {
      [Symbol.dispose]: () => {
        if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
        this.#watch?.[Symbol.dispose]();
        this.#watch = null;
      },
    };
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
      const timer = setInterval(() => this.#tell(null), unwatched);
      timer.unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    }
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    try {
      const events = watcher[Symbol.asyncIterator]();
      for (;;) {
        const next = events.next();
        unref(watcher);
        const { done, value } = await next;
        if (done) return;
        if (value.kind !== "remove") value.paths.forEach((path) => this.#tell(path));
      }
    } catch {
      // As where there is none.
    }
  }

  #tell(path: string | null): void {
    for (const listener of [...this.#listeners]) listener(path);
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
