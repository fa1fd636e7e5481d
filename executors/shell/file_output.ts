import { createHash } from "node:crypto";
import { resolve, sep } from "node:path";
import type { JsonObject } from "../../src/definition/json.ts";
import { ShellOutputError } from "./errors.ts";
import { type DeclaredOutputs, shown } from "./output_value.ts";

/** What the path of a file among a step's outputs is to be seen with. */
export interface FilePlace {
  /** Where the commands ran; none: in the engine's working folder. */
  readonly cwd: string | undefined;
  /** The private folder of the attempt, which is removed after it. */
  readonly folder: string;
  /** Ends a long read. */
  readonly signal: AbortSignal;
}

/**
 * Outputs in which each that is declared as a file, set as a path, has become a reference: `path` (absolute), `size` in
 * bytes and `sha256` in hexadecimal. The file stays where it is, and belongs to whoever wrote it.
 *
 * @throws {ShellOutputError} Where there is no such file, or it cannot be read or kept.
 */
export async function referToFiles(
  outputs: JsonObject,
  declared: DeclaredOutputs,
  place: FilePlace,
): Promise<JsonObject> {
  const referred: Record<string, JsonObject> = {};
  for (const [name, path] of Object.entries(outputs)) {
    if (declared?.[name] === "file") referred[name] = await referTo(name, String(path), place);
  }
  return { ...outputs, ...referred };
}

async function referTo(
  name: string,
  written: string,
  { cwd, folder, signal }: FilePlace,
): Promise<JsonObject> {
  const refuse = (why: string, cause?: unknown) =>
    new ShellOutputError(`'${name}' has to be the path of a file, received ${shown(written)}: ${why}`, {
      cause,
    });
  if (written === "") throw refuse("it is empty");
  const path = resolve(cwd ?? ".", written);
  if (path.startsWith(folder + sep)) {
    throw refuse("that folder is removed with the step. Write the file to the working folder");
  }
  try {
    // A pipe would wait for a writer, and some devices never end.
    if (!(await Deno.stat(path)).isFile) throw refuse("it is a folder, a pipe or a device");
    return { path, ...await measure(path, signal) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw refuse(`there is no ${path}. A path is relative to the folder in which the step runs`, error);
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw refuse("Deno may not read it. Allow it with --allow-read of the file or its folder", error);
    }
    if (error instanceof Deno.errors.PermissionDenied) throw refuse("the system denies access to it", error);
    throw error;
  }
}

async function measure(path: string, signal: AbortSignal): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  using file = await Deno.open(path);
  const buffer = new Uint8Array(256 * 1024);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    signal.throwIfAborted();
    hash.update(buffer.subarray(0, read));
    size += read;
  }
  return { size, sha256: hash.digest("hex") };
}
