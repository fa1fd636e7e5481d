import { Pace } from "../pace.ts";
import { attempt, lockNewFile } from "./lock_file.ts";
import type { WakeFolder } from "./wake_folder.ts";

/**
 * Tells other processes, after a commit, that they may have something to do: each provider has a file of its own in
 * the folder of the host locks, and writes a byte to it. Who watches the folder hears of it, after the commit can be
 * seen. To watch the write-ahead log instead would cost an event for every page that is written: at 100 runs in
 * flight a fifth of all time.
 */
export class WakeFile {
  readonly #folder: WakeFolder;
  readonly #end: string;
  readonly #name: string;
  readonly #byte = new Uint8Array(1);
  #file: Deno.FsFile | null | undefined;
  #isScheduled = false;

  /** Files with the same end in a folder are about the same thing. */
  constructor(folder: WakeFolder, end: string) {
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

  /** Calls back for what others signal, as far as Deno may use the folder. */
  watch(listener: () => void): Disposable {
    const pace = new Pace(listener);
    const watching = this.#folder.watch((path) => {
      if (path === null || (path.endsWith(this.#end) && !path.endsWith(this.#name))) pace.tell();
    });
    return {
      [Symbol.dispose]: () => {
        watching[Symbol.dispose]();
        pace[Symbol.dispose]();
      },
    };
  }

  /** Signals no more, and takes the file away. */
  close(): void {
    if (this.#file) {
      attempt(() => Deno.removeSync(`${this.#folder.path}/${this.#name}`));
      this.#file.close();
    }
    this.#file = null;
  }

  #open(): Deno.FsFile | null {
    if (this.#file === undefined) {
      this.#file = null;
      if (this.#folder.isGranted) {
        this.#folder.make();
        this.#file = lockNewFile(`${this.#folder.path}/${this.#name}`) ?? null;
      }
    }
    return this.#file;
  }
}
