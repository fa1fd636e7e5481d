import { stripVTControlCharacters } from "node:util";

/** Control characters but tab, those of C1, and marks that reorder a line. */
// deno-lint-ignore no-control-regex
const harmful = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Makes one line of a step's output harmless for a terminal: escape sequences are taken out, other control characters
 * become visible. Of a line that overwrote itself by carriage returns, the last state is kept.
 */
export function printable(line: string): string {
  const text = stripVTControlCharacters(line).replace(/\r+$/, "");
  return text.slice(text.lastIndexOf("\r") + 1).replace(harmful, show);
}

/** As {@linkcode printable}, for text of several lines. */
export function printableText(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function show(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
