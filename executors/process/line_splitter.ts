/** UTF-16 code units of a line; a longer one is handed on in pieces. */
export const LONGEST_LINE: number = 64 * 1024;

/**
 * Makes lines of bytes. Holds at most one line of {@linkcode LONGEST_LINE}. Invalid UTF-8 becomes U+FFFD and NUL
 * U+2400, which every store can keep. Of a line that is rewritten by carriage returns (a progress bar) the last
 * state is kept.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #emit: (line: string) => void;
  #rest = "";

  /** Lines go to `emit`, without their line feed. */
  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Takes the end: what stands behind the last line feed is a line too. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== "") this.#emit(lastState(this.#rest));
    this.#rest = "";
  }

  #take(text: string): void {
    const clean = text.includes("\0") ? text.replaceAll("\0", "\u2400") : text;
    let start = 0;
    for (let end = clean.indexOf("\n"); end >= 0; end = clean.indexOf("\n", start)) {
      this.#shorten(this.#rest + clean.slice(start, end));
      this.#emit(this.#rest);
      this.#rest = "";
      start = end + 1;
    }
    this.#shorten(this.#rest + clean.slice(start), false);
  }

  /** Leaves in `#rest` what fits in one line, and hands on what stands before it. */
  #shorten(line: string, whole = true): void {
    let rest = lastState(line, whole);
    while (rest.length > LONGEST_LINE) {
      const end = isLowSurrogate(rest.charCodeAt(LONGEST_LINE)) ? LONGEST_LINE - 1 : LONGEST_LINE;
      this.#emit(rest.slice(0, end));
      rest = rest.slice(end);
    }
    this.#rest = rest;
  }
}

/** What a terminal shows: the text after the last carriage return that does not end the line. */
function lastState(line: string, whole = true): string {
  if (!line.includes("\r")) return line;
  const end = whole && line.endsWith("\r") ? line.length - 1 : line.length;
  return line.slice(line.lastIndexOf("\r", line.length - 2) + 1, end);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
