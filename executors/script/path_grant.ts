import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, parse, relative, resolve } from "node:path";
import { ScriptPermissionError } from "./errors.ts";

/**
 * Reads a grant of a file or folder and returns its absolute path; a relative one counts from `base`.
 *
 * A path that leads over a symbolic link is refused, because the grant would reach further than it says. What does
 * not exist yet may be granted in a folder that does.
 *
 * @throws {ScriptPermissionError} where it is no such path.
 */
export function readPathGrant(text: unknown, permission: "read" | "write", base: string): string {
  const path = resolvePathGrant(text, permission, base);
  const refuse = (why: string) => new ScriptPermissionError(permission, text, why);
  const real = realPath(path, refuse);
  if (real !== path) throw refuse(`it leads over a symbolic link; name what it leads to, ${real}`);
  return path;
}

/** As {@linkcode readPathGrant}, without a look at what is there. */
export function resolvePathGrant(text: unknown, permission: "read" | "write", base: string): string {
  const refuse = (why: string) => new ScriptPermissionError(permission, text, why);
  if (
    typeof text !== "string" || text === "" || /[\p{Cc},*?]|^~|^[a-z][a-z0-9+.-]+:\/\//iu.test(text)
  ) {
    throw refuse("it must be a path, without wildcard, comma, ~ or URL");
  }
  if (text.split(/[\\/]/).includes("..")) {
    throw refuse("a path with .. is not accepted; name the folder itself");
  }
  const path = resolve(base, text);
  if (path === parse(path).root) throw refuse("the whole file system is not granted; name a folder");
  return path;
}

/** Whether a path is a folder or lies in it. Both are absolute. */
export function isWithin(path: string, folder: string): boolean {
  const within = relative(folder, path);
  return within !== ".." && !within.startsWith("../") && !isAbsolute(within);
}

/** Where a path leads; of one that does not exist, where its folder leads. */
function realPath(path: string, refuse: (why: string) => Error): string {
  try {
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    return isThere ? realpathSync.native(path) : join(realpathSync.native(dirname(path)), basename(path));
  } catch (error) {
    throw refuse(`the engine cannot look it up (${(error as Error).message})`);
  }
}
