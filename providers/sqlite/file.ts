import { fileURLToPath } from "node:url";
import { StoreError } from "../../src/provider/errors.ts";
import { openDatabase, type SqliteDatabase } from "./database.ts";
import { toStoreError } from "./errors.ts";
import { watchDeaths } from "./host_deaths.ts";
import { HostLocks } from "./host_locks.ts";
import { WakeFile } from "./wake_file.ts";
import { WakeFolder } from "./wake_folder.ts";

/** A database file that is open. */
export class DatabaseFile {
  /** The locks of its hosts, in `<file>.hosts/`. */
  readonly locks: HostLocks;
  /** Tells other processes that they may have something to do. In the same folder. */
  readonly wake: WakeFile;
  /** The same for who waits for a lock, and who waits for hints. */
  readonly unlocked: WakeFile;
  readonly hinted: WakeFile;
  /** Where it lies, whatever links led there. */
  readonly path: string;
  readonly #identity: string | null;
  readonly #folder: WakeFolder;
  readonly #watches = new Set<Disposable>();

  constructor(path: string) {
    // Hosts that came through different links must meet in one folder, as SQLite's own files do.
    this.path = Deno.realPathSync(path);
    this.#identity = readIdentity(this.path);
    const folder = this.#folder = new WakeFolder(`${this.path}.hosts`);
    this.locks = new HostLocks(folder.path);
    this.wake = new WakeFile(folder, ".wake");
    this.unlocked = new WakeFile(folder, ".unlocked");
    this.hinted = new WakeFile(folder, ".hinted");
  }

  /** Calls back when other processes tell that there may be something to do, or one with a host has died. */
  watch(listener: () => void): Disposable {
    const watch = new DisposableStack();
    watch.use(this.wake.watch(listener));
    watch.use(watchDeaths(this.#folder, listener));
    watch.defer(() => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  /** Tells and hears no more. */
  close(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#folder.close();
    for (const file of [this.wake, this.unlocked, this.hinted]) file.close();
  }

  /**
   * Whether the path still leads to the open file. Writes to one that was deleted would go through and be lost.
   * Returns the error that says what happened, or null.
   */
  check(): StoreError | null {
    if (readIdentity(this.path) === this.#identity) return null;
    return new StoreError(
      "missing",
      `Cannot go on with database ${this.path}: the file was deleted or replaced while it was open; restart the program to use the file that is there now`,
    );
  }
}

/** Opens a database file, or `:memory:`, which has no file. */
export function openFile(
  path: string | URL,
): { readonly database: SqliteDatabase; readonly file: DatabaseFile | null } {
  const name = pathName(path);
  try {
    if (name === ":memory:") return { database: openDatabase(name), file: null };
    refuseFolder(name);
    const database = openDatabase(name);
    try {
      return { database, file: new DatabaseFile(name) };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, "open", name);
  }
}

/** A path or `file:` URL as a path. */
export function pathName(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}

function refuseFolder(path: string): void {
  if (path === "") {
    throw new StoreError("missing", 'Cannot open a database: the path is empty; give a file or ":memory:"');
  }
  try {
    if (!Deno.statSync(path).isDirectory) return;
  } catch (error) {
    // A new file; that its folder exists is for SQLite to find out, since reading the folder may not be allowed.
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new StoreError(
    "unsupported",
    `Cannot open database ${path}: it is a folder; give the path of a file in it`,
  );
}

function readIdentity(path: string): string | null {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
