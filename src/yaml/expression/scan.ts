import { TextProblem } from "./text_problem.ts";

/** One `${{ … }}` in a text. Offsets are UTF-16 code units from the start of the text. */
export interface Occurrence {
  /** Where `${{` begins. */
  readonly offset: number;
  /** Where `}}` ends. */
  readonly end: number;
  /** What stands between `${{` and `}}`, blanks included. */
  readonly source: string;
  /** Where that begins. */
  readonly sourceOffset: number;
}

const OPEN = "${{";
const CLOSE = "}}";

/**
 * Finds the expressions of a text. A `}}` inside a string of the expression (`'…'`, with `''` for one quote)
 * does not end it.
 *
 * There is no escape: a literal `${{` is written as the expression `${{ '${{' }}`.
 *
 * @throws {TextProblem} when an expression, or a string in it, is not closed.
 */
export function scanExpressions(text: string): Occurrence[] {
  const found: Occurrence[] = [];
  for (let offset = text.indexOf(OPEN); offset !== -1;) {
    const sourceOffset = offset + OPEN.length;
    const close = findClose(text, offset, sourceOffset);
    const end = close + CLOSE.length;
    found.push({ offset, end, source: text.slice(sourceOffset, close), sourceOffset });
    offset = text.indexOf(OPEN, end);
  }
  return found;
}

/** The text with each of its expressions replaced by what `replacement` gives for it. */
export function replaceExpressions(
  text: string,
  occurrences: readonly Occurrence[],
  replacement: (occurrence: Occurrence, index: number) => string,
): string {
  let replaced = "";
  let copied = 0;
  occurrences.forEach((occurrence, index) => {
    replaced += text.slice(copied, occurrence.offset) + replacement(occurrence, index);
    copied = occurrence.end;
  });
  return replaced + text.slice(copied);
}

function findClose(text: string, offset: number, sourceOffset: number): number {
  const interesting = /'|\}\}/g;
  interesting.lastIndex = sourceOffset;
  for (;;) {
    const match = interesting.exec(text);
    if (match === null) {
      throw new TextProblem("Cannot read the expression: `${{` is not closed by `}}`", {
        offset,
        length: OPEN.length,
        remedy: "Close it; a literal `${{` is written `${{ '${{' }}`.",
      });
    }
    if (match[0] === CLOSE) return match.index;
    // A doubled quote is the end of one string and the start of the next: no special case.
    const quote = text.indexOf("'", match.index + 1);
    if (quote === -1) {
      throw new TextProblem("Cannot read the expression: its string is not closed by `'`", {
        offset: match.index,
        remedy: "Close it; a quote inside a string is written twice: 'it''s'.",
      });
    }
    interesting.lastIndex = quote + 1;
  }
}
