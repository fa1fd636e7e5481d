import { Pace } from "../pace.ts";
import { attempt, lockNewFile } from "./lock_file.ts";

/**
 * Tells other processes, after a commit, that they may have something to do: each provider has a file of its own in
 * the folder of the host locks, and writes a byte to it. Who watches the folder hears of it, after the commit can be
 * seen. To watch the write-ahead log instead would cost an event for every page that is written: at 100 runs in
 * flight a fifth of all time.
 */
export class WakeFile {
  readonly #folder: string;
  readonly #end: string;
  readonly #name: string;
  readonly #byte = new Uint8Array(1);
  readonly #watches = new Set<Disposable>();
  #file: Deno.FsFile | null | undefined;
  #isScheduled = false;

  /** Files with the same end in a folder are about the same thing. */
  constructor(folder: string, end = ".wake") {
    this.#folder = folder;
    this.#end = end;
    this.#name = `${crypto.randomUUID()}${end}`;
  }

  /** Something may concern others; told once a turn of the event loop. */
  signal(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      attempt(() => {
        this.#open()?.seekSync(0, Deno.SeekMode.Start);
        this.#file?.writeSync(this.#byte);
      });
    });
  }

  /** Calls back for what others signal, as far as Deno may read the folder. */
  watch(listener: () => void): Disposable {
    const watcher = this.#watchFolder();
    if (!watcher) return { [Symbol.dispose]: () => {} };
    const pace = new Pace(listener);
    void this.#follow(watcher, pace);
    const watch = {
      [Symbol.dispose]: () => {
        if (!this.#watches.delete(watch)) return;
        watcher.close();
        pace[Symbol.dispose]();
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  /** Ends all watches, and takes the file away. */
  close(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    if (this.#file) {
      attempt(() => Deno.removeSync(`${this.#folder}/${this.#name}`));
      this.#file.close();
    }
    this.#file = null;
  }

  #open(): Deno.FsFile | null {
    if (this.#file === undefined) {
      this.#file = null;
      if (isGranted("write", this.#folder) && isGranted("read", this.#folder)) {
        Deno.mkdirSync(this.#folder, { recursive: true });
        this.#file = lockNewFile(`${this.#folder}/${this.#name}`) ?? null;
      }
    }
    return this.#file;
  }

  #watchFolder(): Deno.FsWatcher | null {
    try {
      if (!isGranted("read", this.#folder) || !isGranted("write", this.#folder)) return null;
      Deno.mkdirSync(this.#folder, { recursive: true });
      return Deno.watchFs(this.#folder, { recursive: false });
    } catch {
      // What the watch cannot tell, the engine's sweep finds.
      return null;
    }
  }

  async #follow(watcher: Deno.FsWatcher, pace: Pace): Promise<void> {
    try {
      const events = watcher[Symbol.asyncIterator]();
      for (;;) {
        const next = events.next();
        unref(watcher);
        const { done, value } = await next;
        if (done) return;
        const { kind, paths } = value;
        if (
          kind !== "remove" && paths.some((path) => path.endsWith(this.#end) && !path.endsWith(this.#name))
        ) {
          pace.tell();
        }
      }
    } catch {
      // As above.
    }
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
