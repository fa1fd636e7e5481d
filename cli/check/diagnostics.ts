/** One thing that `deno check` says is wrong. */
export interface Diagnostic {
  /** Address of the file. */
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
  /** What a column counts: code units in what the type checker says, characters in what the parser says. */
  readonly columns: "units" | "characters";
  /** How much of the line is meant, at least 1. */
  readonly length: number;
  /** What is wrong, in one line without a full stop. */
  readonly message: string;
}

const header = /^(?:(TS\d+) \[ERROR\]|error): (\S.*)$/;
const place = /^ {4}at (file:\S+):(\d+):(\d+)$/;
const marker = /^[\s|]*([~^]+)$/;

/**
 * Reads what `deno check` prints, without colours. It prints a block for each error: the message, with details in lines
 * below it, the line of source, a marker, and the place. Other blocks tell a sum, or belong to the error before.
 */
export function readDiagnostics(output: string): Diagnostic[] {
  return output.split("\n\n").flatMap((block) => {
    const lines = block.split("\n");
    const [, code, first] = header.exec(lines[0]!) ?? [];
    const end = lines.findIndex((line) => place.test(line));
    if (first === undefined || end < 0) return [];
    const [, file, line, column] = place.exec(lines[end]!)!;
    const marked = marker.exec(lines[end - 1]!)?.[1];
    const details = lines.slice(1, Math.max(1, marked === undefined ? end : end - 2));
    return [{
      file: file!,
      line: Number(line),
      column: Number(column),
      columns: code === undefined ? "characters" : "units",
      length: marked?.length ?? 1,
      message: code === undefined ? first : `${joined([first, ...details])} (${code})`,
    }];
  });
}

/** Where in the text of its file a diagnostic stands, in code units. */
export function offsetOf({ line, column, columns }: Diagnostic, text: string): number {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  return start +
    (columns === "units"
      ? column - 1
      : Array.from(lines[line - 1] ?? "").slice(0, column - 1).join("").length);
}

/** What the first error of an output says, also one without a place. */
export function firstMessage(output: string): string | undefined {
  const [, , message] = output.split("\n").map((line) => header.exec(line)).find((found) => found) ?? [];
  return message;
}

/** A message and its details as one sentence. */
function joined(lines: readonly string[]): string {
  return lines.filter((line) => !line.startsWith("  hint: "))
    .map((line) => line.trim().replace(/\.$/, ""))
    .join(": ");
}
