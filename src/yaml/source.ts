import type { Problem } from "./problem.ts";

/** A stretch of a source text, in UTF-16 code units: `start` belongs to it, `end` does not. */
export interface Span {
  /** Offset of the first unit. */
  readonly start: number;
  /** Offset behind the last unit. */
  readonly end: number;
}

/** Longest line that an error shows whole, and how much of a longer one stays before the place. */
const longestExcerpt = 240;
const excerptLead = 120;

/** A text whose offsets can be told as line and column. Line ends are LF; a byte order mark is gone. */
export class Source {
  /** Name of the file, as the caller gave it. */
  readonly file: string;
  /** The text. */
  readonly text: string;
  readonly #lineStarts: readonly number[];

  /** Takes the text as read; `file` is for messages. */
  constructor(text: string, file: string) {
    this.file = file;
    this.text = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** Number of the line, from 1, that holds `offset`. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** Text of a line, counted from 1, without its end. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1] ?? this.text.length;
    return this.text.slice(start, (this.#lineStarts[number] ?? this.text.length + 1) - 1);
  }

  /** Describes what is wrong at a span, with the line it begins on. */
  problem(span: Span, message: string, remedy?: string): Problem {
    const line = this.lineAt(span.start);
    const text = this.line(line);
    const offset = Math.min(span.start - this.#lineStarts[line - 1]!, text.length);
    const end = Math.max(offset, Math.min(span.end - this.#lineStarts[line - 1]!, text.length));
    const cut = text.length > longestExcerpt ? Math.max(0, offset - excerptLead) : 0;
    const excerpt = text.slice(cut, cut + longestExcerpt);
    return {
      file: this.file,
      line,
      column: characters(text.slice(0, offset)) + 1,
      message,
      ...(remedy !== undefined && { remedy }),
      excerpt: {
        text: (cut > 0 ? "…" : "") + excerpt + (cut + longestExcerpt < text.length ? "…" : ""),
        index: (cut > 0 ? 1 : 0) + offset - cut,
        length: Math.max(1, Math.min(end, cut + longestExcerpt) - offset),
      },
    };
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
