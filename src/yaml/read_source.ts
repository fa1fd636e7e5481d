import { fileURLToPath } from "node:url";
import { WorkflowSyntaxError } from "./workflow_syntax_error.ts";
import { Source } from "./source.ts";

/** Most bytes of a workflow file: one MiB. */
export const maxBytes: number = 1024 * 1024;

const tooLarge = `it is larger than ${maxBytes} bytes (1 MiB)`;
const tooLargeRemedy = "Keep data and long scripts in files of their own.";

/**
 * Reads a workflow file.
 *
 * @throws {WorkflowSyntaxError} when there is no such file, it is a directory, too large, or no text in UTF-8
 * @throws {Deno.errors.NotCapable} without read permission for it
 */
export async function readSource(path: string | URL): Promise<Source> {
  const file = path instanceof URL && path.protocol === "file:" ? fileURLToPath(path) : String(path);
  return makeSource(decode(await readBytes(path, file), file), file);
}

/**
 * Takes a text as a workflow file.
 *
 * @throws {WorkflowSyntaxError} when it is too large or holds control characters
 */
export function makeSource(text: string, file: string): Source {
  if (text.length > maxBytes) throw unreadable(file, tooLarge, tooLargeRemedy);
  const source = new Source(text, file);
  const found = forbidden.exec(source.text);
  if (found) {
    const code = found[0].codePointAt(0)!;
    const span = { start: found.index, end: found.index + found[0].length };
    throw new WorkflowSyntaxError([source.problem(span, ...explain(code))]);
  }
  return source;
}

/** What YAML does not allow, a carriage return that ends no line, and marks that reorder the text around them. */
const forbidden =
  // deno-lint-ignore no-control-regex
  /[\0-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}/u;

function explain(code: number): [message: string, remedy: string] {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code === 0) {
    return [`Cannot read the file: it holds a NUL character`, "Save it as plain text in UTF-8."];
  }
  if (code > 0x2000 && code < 0x2070) {
    return [
      `Cannot read the file: the direction mark ${name} can make a line read otherwise than it runs`,
      "Delete it, or write it as an escape in double quotes.",
    ];
  }
  return [
    `Cannot read the file: it holds the control character ${name}`,
    "Delete it, or write it as an escape in double quotes.",
  ];
}

async function readBytes(path: string | URL, file: string): Promise<Uint8Array> {
  let handle: Deno.FsFile | undefined;
  try {
    handle = await Deno.open(path, { read: true });
    if ((await handle.stat()).isDirectory) throw unreadable(file, "it is a directory", "Name a file in it.");
    const bytes = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (let read: number | null = 0; read !== null && length < bytes.length;) {
      read = await handle.read(bytes.subarray(length));
      length += read ?? 0;
    }
    if (length > maxBytes) throw unreadable(file, tooLarge, tooLargeRemedy);
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof WorkflowSyntaxError || error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "the system denies access to it"
      : error instanceof Error
      ? error.message
      : String(error);
    throw unreadable(file, why, undefined, error);
  } finally {
    handle?.close();
  }
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const offset = firstInvalidByte(bytes);
    const value = `0x${bytes[offset]!.toString(16).toUpperCase().padStart(2, "0")}`;
    const before = new TextDecoder().decode(bytes.subarray(0, offset));
    const source = new Source(new TextDecoder().decode(bytes), file);
    throw new WorkflowSyntaxError([
      source.problem(
        { start: new Source(before, file).text.length, end: 0 },
        `Cannot read the file: it is no text in UTF-8, received the byte ${value} at offset ${offset}`,
        bytes[0] === 0xff || bytes[0] === 0xfe
          ? "It looks like UTF-16: save it as UTF-8."
          : "Save it as UTF-8.",
      ),
    ]);
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

function unreadable(file: string, why: string, remedy?: string, cause?: unknown): WorkflowSyntaxError {
  const problem = { file, line: 1, column: 1, message: `Cannot read the file: ${why}` };
  return new WorkflowSyntaxError([remedy === undefined ? problem : { ...problem, remedy }], { cause });
}
