/** UTF-16 code units of a line; a longer one is handed on in pieces. */
export const LONGEST_LINE: number = 64 * 1024;

/** Bytes that are decoded at a time: with more, the engine would keep the memory of what it has long handed on. */
const PIECE = 8 * 1024;

/**
 * Makes lines of bytes. Holds at most one line of {@linkcode LONGEST_LINE}. Invalid UTF-8 becomes U+FFFD and NUL
 * U+2400, which every store can keep. Of a line that is rewritten by carriage returns (a progress bar) the last
 * state is kept.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #emit: (line: string, isFromStart: boolean) => void;
  /** The open line, joined only when it is handed on. */
  #parts: string[] = [];
  #length = 0;
  #isFromStart = true;
  #endsWithReturn = false;

  /**
   * Lines go to `emit`, without their line feed. `isFromStart` is false for the later pieces of a long line, and for
   * what is left of one that was rewritten: that something stands first there was not for the printing program to say.
   */
  constructor(emit: (line: string, isFromStart: boolean) => void) {
    this.#emit = emit;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE) {
      this.#take(this.#decoder.decode(bytes.subarray(start, start + PIECE), { stream: true }));
    }
  }

  /** Takes the end: what stands behind the last line feed is a line too. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#length === 0) return;
    this.#add("", true);
    this.#handOn(true);
  }

  #take(text: string): void {
    const clean = text.includes("\0") ? text.replaceAll("\0", "\u2400") : text;
    let start = 0;
    for (let end = clean.indexOf("\n"); end >= 0; end = clean.indexOf("\n", start)) {
      this.#add(clean.slice(start, end), true);
      this.#handOn(true);
      start = end + 1;
    }
    this.#add(clean.slice(start), false);
  }

  /** Adds to the open line, which is then `whole` or not, and hands on what does not fit in one. */
  #add(text: string, whole: boolean): void {
    let rest = text;
    if (this.#endsWithReturn || text.includes("\r")) {
      const open = this.#parts.join("") + text;
      if (open.lastIndexOf("\r", open.length - 2) >= 0) this.#isFromStart = false;
      rest = lastState(open, whole);
      this.#parts = [];
      this.#length = 0;
      this.#endsWithReturn = false;
    }
    while (this.#length + rest.length > LONGEST_LINE) {
      const room = LONGEST_LINE - this.#length;
      const end = isLowSurrogate(rest.charCodeAt(room)) ? room - 1 : room;
      this.#keep(rest.slice(0, end));
      this.#handOn(false);
      rest = rest.slice(end);
    }
    this.#keep(rest);
  }

  #keep(text: string): void {
    if (text === "") return;
    this.#parts.push(text);
    this.#length += text.length;
    this.#endsWithReturn = text.endsWith("\r");
  }

  #handOn(isEnd: boolean): void {
    this.#emit(this.#parts.join(""), this.#isFromStart);
    this.#isFromStart = isEnd;
    this.#parts = [];
    this.#length = 0;
    this.#endsWithReturn = false;
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
