import { fileURLToPath } from "node:url";
import { FileProblem } from "./file_problem.ts";
import { maxBytes, NotUtf8Problem, readText, tooLarge } from "./read_text.ts";
import { Source } from "./source.ts";
import { WorkflowSyntaxError } from "./workflow_syntax_error.ts";

/**
 * Reads a workflow file.
 *
 * @throws {WorkflowSyntaxError} when there is no such file, it is a directory, too large, or no text in UTF-8
 * @throws {Deno.errors.NotCapable} without read permission for it
 */
export async function readSource(path: string | URL): Promise<Source> {
  const file = path instanceof URL && path.protocol === "file:" ? fileURLToPath(path) : String(path);
  try {
    return makeSource(await readText(path), file);
  } catch (error) {
    if (error instanceof NotUtf8Problem) throw atByte(error, file);
    if (error instanceof FileProblem) throw unreadable(file, error);
    throw error;
  }
}

/**
 * Takes a text as a workflow file.
 *
 * @throws {WorkflowSyntaxError} when it is too large or holds control characters
 */
export function makeSource(text: string, file: string): Source {
  if (text.length > maxBytes) throw unreadable(file, tooLarge());
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

/** Shows the place of the first wrong byte. */
function atByte({ bytes, offset, why, remedy }: NotUtf8Problem, file: string): WorkflowSyntaxError {
  const decode = (bytes: Uint8Array) => new Source(new TextDecoder().decode(bytes), file);
  const start = decode(bytes.subarray(0, offset)).text.length;
  const problem = decode(bytes).problem({ start, end: 0 }, `Cannot read the file: ${why}`, remedy);
  return new WorkflowSyntaxError([problem]);
}

function unreadable(file: string, { why, remedy, cause }: FileProblem): WorkflowSyntaxError {
  const problem = { file, line: 1, column: 1, message: `Cannot read the file: ${why}` };
  return new WorkflowSyntaxError([remedy === undefined ? problem : { ...problem, remedy }], { cause });
}
