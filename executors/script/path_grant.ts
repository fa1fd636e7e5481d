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
  let real: string;
  try {
    real = realPath(path);
  } catch (error) {
    throw refuse(`the engine cannot look it up (${(error as Error).message})`);
  }
  if (real !== path) {
    throw refuse(`it leads over a symbolic link; name what it leads to, ${real}, in the script too`);
  }
  return path;
}

/** @throws {ScriptPermissionError} for a path that is one of `closed`, or lies below. */
export function refuseClosed(path: string, permission: "read" | "write", closed: readonly string[]): void {
  if (!closed.some((own) => isWithin(path, own))) return;
  throw new ScriptPermissionError(permission, path, "the engine's own files stay closed to scripts");
}

/** Whether a path is known to lead over a symbolic link. */
export function leadsOverLink(path: string): boolean {
  try {
    return mayLookUp(path) && realPath(path) !== path;
  } catch {
    return false;
  }
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

/** The path itself, or the first folder above that can be granted, because the folder that it lies in is there. */
export function grantablePath(path: string): string {
  let grantable = path;
  while (!isThere(dirname(grantable))) grantable = dirname(grantable);
  return grantable;
}

/** Whether a path is a folder or lies in it. Both are absolute. */
export function isWithin(path: string, folder: string): boolean {
  const within = relative(folder, path);
  return within !== ".." && !within.startsWith("../") && !isAbsolute(within);
}

/** Where a path leads; of one that does not exist, where its folder leads. */
function realPath(path: string): string {
  const exists = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  return exists ? realpathSync.native(path) : join(realpathSync.native(dirname(path)), basename(path));
}

/** True also of what the engine may not look up: whether it can be granted, the grant itself tells. */
function isThere(path: string): boolean {
  try {
    return !mayLookUp(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Asked before, because a script can name any path: nobody is to be prompted for it. */
function mayLookUp(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
