import { attempt, lockNewFile, removeUnlocked } from "./lock_file.ts";

/** How the names of lock files end. */
const end = ".lock";

/** What a host's lock file says of it. */
export type LockState = "held" | "free" | "absent";

/**
 * A locked file for each host, in a folder beside the database. The kernel frees the lock the moment the process
 * dies, so a crash is seen at once, without waiting for the heartbeat to expire.
 */
export class HostLocks {
  readonly #folder: string;
  readonly #held = new Map<string, Deno.FsFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes and locks a host's file. It must be locked before the host is entered, so that nobody sees an entered host
   * with a free lock. Does nothing where files cannot be made or locked: the heartbeat is enough to be safe.
   */
  acquire(incarnation: string): void {
    if (this.#held.has(incarnation)) return;
    try {
      Deno.mkdirSync(this.#folder, { recursive: true });
      const file = lockNewFile(this.#path(incarnation));
      if (file) this.#held.set(incarnation, file);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }

  /** Unlocks a host's file and removes it. */
  release(incarnation: string): void {
    const file = this.#held.get(incarnation);
    if (!file) return;
    this.#held.delete(incarnation);
    attempt(() => Deno.removeSync(this.#path(incarnation)));
    file.close();
  }

  /** Unlocks all files held here; their hosts count as dead. */
  close(): void {
    for (const file of this.#held.values()) file.close();
    this.#held.clear();
  }

  /** Looks at a host's lock. */
  probe(incarnation: string): LockState {
    return this.#held.has(incarnation) ? "held" : probe(this.#path(incarnation));
  }

  /** Removes the files of the dead: all but those of `entered`. A file that is locked stays. */
  sweep(entered: ReadonlySet<string>): void {
    const kept = new Set([...entered].map(fileName));
    attempt(() => {
      for (const { name } of Deno.readDirSync(this.#folder)) {
        if (!kept.has(name)) removeUnlocked(`${this.#folder}/${name}`);
      }
    });
  }

  #path(incarnation: string): string {
    return `${this.#folder}/${fileName(incarnation)}`;
  }
}

/** Whether a file is a host's lock file, by its name. */
export function isHostLock(path: string): boolean {
  return path.endsWith(end);
}

/** Looks at the lock file of a host of another process. */
export function probe(path: string): LockState {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "absent";
  }
  // A shared lock: two that look at the same time do not take each other for the host.
  const free = file.tryLockSync(false);
  file.close();
  return free ? "free" : "held";
}

function fileName(incarnation: string): string {
  return `${encodeURIComponent(incarnation)}${end}`;
}
