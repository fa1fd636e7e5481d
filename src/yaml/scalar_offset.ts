import type { ScalarNode } from "./node.ts";
import type { Source, Span } from "./source.ts";

/**
 * Tells where parts of a scalar's value stand in the file. YAML strips indentation, folds lines and resolves escapes,
 * but keeps every other character in order: so the n-th character that is no blank is the same in value and file.
 */
export class ScalarOffsets {
  readonly #node: ScalarNode;
  readonly #value: string;
  /** Offset in the file of each code unit of the value that is no blank. */
  readonly #visible: number[];

  /** Takes a scalar of the source whose value is text. */
  constructor(source: Source, node: ScalarNode) {
    this.#node = node;
    this.#value = typeof node.value === "string" ? node.value : node.text;
    this.#visible = visibleOffsets(source.text, node);
  }

  /** Where `length` code units of the value stand, from `offset` on. */
  span(offset: number, length: number): Span {
    const start = this.#offsetOf(offset);
    return { start, end: Math.max(start, length > 1 ? this.#offsetOf(offset + length - 1) : start) + 1 };
  }

  #offsetOf(offset: number): number {
    let before = 0;
    for (let at = 0; at < Math.min(offset, this.#value.length); at++) {
      if (!isBlank(this.#value.charCodeAt(at))) before++;
    }
    const isVisible = offset < this.#value.length && !isBlank(this.#value.charCodeAt(offset));
    // A blank has no counterpart of its own: it is told by the character before it.
    const own = isVisible ? this.#visible[before] : (this.#visible[before - 1] ?? this.#node.start - 1) + 1;
    return own ?? this.#node.start;
  }
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x09;
}

function visibleOffsets(text: string, { style, start, end }: ScalarNode): number[] {
  const offsets: number[] = [];
  const begin = style === "plain" ? start : style === "block" ? text.indexOf("\n", start) + 1 : start + 1;
  const close = style === "plain" || style === "block" ? end : end - 1;
  for (let at = begin; at < close;) {
    const length = style === "double"
      ? escapeLength(text, at)
      : style === "single" && text.startsWith("''", at)
      ? 2
      : 1;
    for (let units = visibleUnits(text.slice(at, at + length)); units > 0; units--) offsets.push(at);
    at += length;
  }
  return offsets;
}

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function escapeLength(text: string, at: number): number {
  return text.charAt(at) === "\\" ? escapeLengths[text.charAt(at + 1)] ?? 2 : 1;
}

/** Escapes that stand for a blank, or for nothing; every other stands for a visible character. */
const blankEscapes: ReadonlySet<string> = new Set(["\\ ", "\\t", "\\\t", "\\n", "\\\n"]);

/** How many code units of the value, blanks not counted, a piece of the file stands for. */
function visibleUnits(piece: string): number {
  if (piece.length === 1) return isBlank(piece.charCodeAt(0)) ? 0 : 1;
  if (blankEscapes.has(piece)) return 0;
  if (piece.length === 2) return 1;
  const code = parseInt(piece.slice(2), 16);
  return isBlank(code) ? 0 : code > 0xffff ? 2 : 1;
}
