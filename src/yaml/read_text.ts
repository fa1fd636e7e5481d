import { FileProblem } from "./file_problem.ts";

/** Most bytes of a file that is read when a workflow is loaded: one MiB. */
export const maxBytes: number = 1024 * 1024;

/** A file is no text in UTF-8. */
export class NotUtf8Problem extends FileProblem {
  /** `offset` is that of the first byte that begins no character. */
  constructor(readonly bytes: Uint8Array, readonly offset: number) {
    const value = `0x${bytes[offset]!.toString(16).toUpperCase().padStart(2, "0")}`;
    super(
      `it is no text in UTF-8, received the byte ${value} at offset ${offset}`,
      bytes[0] === 0xff || bytes[0] === 0xfe
        ? "It looks like UTF-16: save it as UTF-8."
        : "Save it as UTF-8.",
    );
    this.name = "NotUtf8Problem";
  }
}

/** What is wrong with a file of more than {@linkcode maxBytes}. */
export function tooLarge(): FileProblem {
  return new FileProblem(
    `it is larger than ${maxBytes} bytes (1 MiB)`,
    "Keep data and long scripts in files of their own.",
  );
}

/**
 * Reads a file of at most {@linkcode maxBytes} in UTF-8. A byte order mark stays.
 *
 * @throws {FileProblem} when there is none, it is a directory, too large, or no text in UTF-8
 * @throws {Deno.errors.NotCapable} without read permission for it
 */
export async function readText(path: string | URL): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotUtf8Problem(bytes, firstInvalidByte(bytes));
  }
}

async function readBytes(path: string | URL): Promise<Uint8Array> {
  let handle: Deno.FsFile | undefined;
  try {
    handle = await Deno.open(path, { read: true });
    if ((await handle.stat()).isDirectory) {
      throw new FileProblem("it is a directory", "Name a file in it.");
    }
    const bytes = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (let read: number | null = 0; read !== null && length < bytes.length;) {
      read = await handle.read(bytes.subarray(length));
      length += read ?? 0;
    }
    if (length > maxBytes) throw tooLarge();
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof FileProblem || error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "the system denies access to it"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new FileProblem(why, undefined, { cause: error });
  } finally {
    handle?.close();
  }
}

/** Offset of the first byte that begins no character: found by halving, as decoding is quick but tells no place. */
function firstInvalidByte(bytes: Uint8Array): number {
  const decode = (length: number) =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), {
      stream: true,
    });
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      decode(middle);
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  // Bytes that may still become a character are held back: they begin what is invalid.
  return new TextEncoder().encode(decode(valid)).length;
}
