/** Makes and locks a file that counts only while it is locked. Undefined where another process removes it again and again. */
export function lockNewFile(path: string): Deno.FsFile | undefined {
  for (let tries = 0; tries < 100; tries++) {
    const file = Deno.openSync(path, { create: true, write: true });
    // A sweep may have locked the file between its making and its locking, and removed it.
    if (file.tryLockSync(true) && isStill(path, file)) return file;
    file.close();
  }
}

/** Removes a file unless somebody holds its lock. */
export function removeUnlocked(path: string): void {
  attempt(() => {
    using file = Deno.openSync(path, { write: true });
    if (file.tryLockSync(true)) Deno.removeSync(path);
  });
}

/** Tidies up, which may fail, for instance where another process was quicker. */
export function attempt(tidy: () => void): void {
  try {
    tidy();
  } catch {
    // What is left is found by the next sweep.
  }
}

function isStill(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch {
    return false;
  }
}
