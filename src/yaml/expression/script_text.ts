import { parse, type ParserOptions } from "@babel/parser";
import { type Occurrence, replaceExpressions, scanExpressions } from "./scan.ts";
import { type ExpressionName, expressionNames, reservedName } from "./expression_name.ts";
import { ELSEWHERE, refusedAt } from "./script_place.ts";
import { TextProblem } from "./text_problem.ts";

/** A script whose expressions have become identifiers, as it is stored in a definition: plain JSON. */
export interface ScriptText {
  /** The script; lines and columns are those of the source, as long as an expression is no shorter than its name. */
  readonly text: string;
  /** The expression whose JSON value each identifier must be a constant for. */
  readonly expressions: Readonly<Record<ExpressionName, string>>;
}

const GLUED = "next to a name";

const OPTIONS: ParserOptions = {
  sourceType: "module",
  plugins: ["typescript", "decorators"],
};

/**
 * Compiles a TypeScript or JavaScript module so that the values of its expressions never become code: each is replaced
 * by an identifier, `WFE_EXPR_1`, which whoever runs the script declares as a constant with the value.
 *
 * Refused is an expression that does not stand where a value can stand: inside a string, template, regular
 * expression, comment or type, as a name or a target. A script without expressions is not looked at.
 *
 * @throws {TextProblem} where an expression is not closed, or stands where it may not.
 */
export function compileScriptText(text: string): ScriptText {
  const occurrences = scanExpressions(text);
  if (occurrences.length === 0) return { text, expressions: {} };
  const reserved = reservedName(text, occurrences);
  if (reserved !== undefined) throw reserved;
  const names = expressionNames(occurrences);
  const severalLines = occurrences.find(({ source }) => source.includes("\n"));
  if (severalLines !== undefined) throw refused(severalLines, "that goes over several lines");
  // Blanks after the name keep the columns of what follows.
  const compiled = replaceExpressions(
    text,
    occurrences,
    ({ offset, end }, index) => names[index]!.padEnd(end - offset),
  );
  const offsets = compiledOffsets(occurrences, names);
  const file = parseScript(compiled, (at) => {
    const glued = occurrences.find((occurrence) => isGlued(text, occurrence));
    return glued === undefined ? sourceOffset(at, occurrences, offsets, names) : refused(glued, GLUED);
  });
  occurrences.forEach((occurrence, index) => {
    const start = offsets[index]!;
    const where = refusedAt(file, { start, end: start + names[index]!.length });
    if (where !== undefined) {
      throw refused(occurrence, where === ELSEWHERE && isGlued(text, occurrence) ? GLUED : where);
    }
  });
  return {
    text: compiled,
    expressions: Object.fromEntries(names.map((name, index) => [name, occurrences[index]!.source.trim()])),
  };
}

/** Where in the source of a script, that compiles, stands what is at an offset of its compiled text. */
export function offsetInScript(source: string, at: number): number {
  const occurrences = scanExpressions(source);
  const names = expressionNames(occurrences);
  return sourceOffset(at, occurrences, compiledOffsets(occurrences, names), names);
}

/** Where each expression's name stands in the compiled text. */
function compiledOffsets(occurrences: readonly Occurrence[], names: readonly ExpressionName[]): number[] {
  let shift = 0;
  return occurrences.map(({ offset, end }, index) => {
    const start = offset + shift;
    shift += Math.max(0, names[index]!.length - (end - offset));
    return start;
  });
}

function parseScript(text: string, locate: (at: number) => number | TextProblem): ReturnType<typeof parse> {
  try {
    return parse(text, OPTIONS);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const place = locate((error as SyntaxError & { pos: number }).pos);
    if (place instanceof TextProblem) throw place;
    const why = error.message.replace(/ \(\d+:\d+\)$/, "").replace(/\.$/, "");
    throw new TextProblem(`Cannot tell where the expressions of this script stand: ${why}`, {
      offset: place,
      remedy:
        "Correct the script; in strings, templates and comments use Wfe.vars and Wfe.getData() instead.",
    });
  }
}

// Next to letters the identifier would become a part of another.
function isGlued(text: string, { offset, end }: Occurrence): boolean {
  const before = text.slice(Math.max(0, offset - 2), offset);
  const after = text.slice(end, end + 2);
  return /[\p{ID_Continue}$\u200c\u200d\\#@]$/u.test(before) ||
    /^[\p{ID_Continue}$\u200c\u200d\\]/u.test(after);
}

function sourceOffset(
  at: number,
  occurrences: readonly Occurrence[],
  offsets: readonly number[],
  names: readonly ExpressionName[],
): number {
  const index = offsets.findLastIndex((offset) => offset <= at);
  if (index === -1) return at;
  const { offset, end } = occurrences[index]!;
  const length = Math.max(names[index]!.length, end - offset);
  const past = at - offsets[index]! - length;
  return past < 0 ? offset : end + past;
}

function refused({ offset, end, source }: Occurrence, where: string): TextProblem {
  const name = /^\s*var\.([A-Za-z_]\w*)\s*$/.exec(source)?.[1];
  return new TextProblem(`Cannot use an expression ${where} of a script`, {
    offset,
    length: end - offset,
    remedy: `Use it as a value of its own, or read ${
      name === undefined ? "Wfe.vars or Wfe.getData()" : `Wfe.vars.${name}`
    } in the script.`,
  });
}
