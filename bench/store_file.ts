/** A database file in a folder of its own, gone when disposed. */
export class StoreFile implements Disposable {
  readonly #folder: string;

  /** `parent` is where the folder is made: on the disk to be measured. */
  constructor(parent: string) {
    Deno.mkdirSync(parent, { recursive: true });
    this.#folder = Deno.makeTempDirSync({ dir: parent, prefix: "bench-" });
  }

  /** Where the database is. */
  get path(): string {
    return `${this.#folder}/bench.db`;
  }

  /** Bytes of the database and its write-ahead log. */
  get size(): number {
    return [this.path, `${this.path}-wal`].reduce((sum, path) => sum + sizeOf(path), 0);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
