import type { Excerpt, Problem } from "./problem.ts";

/** Columns of the widest line shown. */
const widest = 100;
const tabWidth = 4;

const fullWidth =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6])$/u;
const zeroWidth = /^(?:\p{Mn}|\p{Me})$/u;
/** Control, format (direction marks, zero-width), private and surrogate code points, and line separators. */
const invisible = /^(?:\p{C}|\u2028|\u2029)$/u;

/** Renders one problem: its place and message, the offending line with a marker below the place, and the remedy. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, remedy, excerpt } = problem;
  const lines = [visible(`${file}:${line}:${column}: ${message}`)];
  if (excerpt) lines.push(...frame(excerpt, line));
  if (remedy !== undefined) lines.push(`  ${visible(remedy)}`);
  return lines.join("\n");
}

/** Makes characters visible that a terminal would obey or hide: `␛` for escape, `<U+202E>` for a direction mark. */
export function visible(text: string): string {
  return Array.from(text, shown).join("");
}

/** Writes a text for a message: in quotes, cut when long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

function shown(character: string): string {
  if (!invisible.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly marked: boolean;
}

function frame(excerpt: Excerpt, line: number): string[] {
  let at = 0;
  const cells = Array.from(excerpt.text, (character): Cell => {
    const marked = at >= excerpt.index && at < excerpt.index + excerpt.length;
    at += character.length;
    return { ...cell(character), marked };
  });
  // The end of a line can be the place too: one column behind its last character.
  if (excerpt.index >= excerpt.text.length) cells.push({ text: " ", width: 1, marked: true });
  const part = cut(cells);
  const gutter = ` ${line} | `;
  const text = part.map((cell) => cell.text).join("").trimEnd();
  const marks = part.map((cell) => (cell.marked ? "^" : " ").repeat(cell.width)).join("").trimEnd();
  return [gutter + text, `${" ".repeat(gutter.length - 2)}| ${marks}`];
}

function cell(character: string): { text: string; width: number } {
  if (character === "\t") return { text: " ".repeat(tabWidth), width: tabWidth };
  const text = shown(character);
  if (text !== character) return { text, width: text.length };
  if (fullWidth.test(character)) return { text, width: 2 };
  return { text, width: zeroWidth.test(character) ? 0 : 1 };
}

/** Keeps the marked cells and what fits around them. */
function cut(cells: readonly Cell[]): readonly Cell[] {
  const widthOf = (part: readonly Cell[]) => part.reduce((sum, cell) => sum + cell.width, 0);
  if (widthOf(cells) <= widest) return cells;
  const dots: Cell = { text: "…", width: 1, marked: false };
  const first = cells.findIndex((cell) => cell.marked);
  let start = first;
  while (start > 0 && widthOf(cells.slice(start - 1, first)) <= widest * 0.6) start--;
  let end = start;
  while (end < cells.length && widthOf(cells.slice(start, end + 1)) <= widest) end++;
  return [...(start > 0 ? [dots] : []), ...cells.slice(start, end), ...(end < cells.length ? [dots] : [])];
}
