import { type Occurrence, replaceExpressions } from "./scan.ts";
import { TextProblem } from "./text_problem.ts";

/** Name that stands for the value of an expression in a compiled text, counted from 1. */
export type ExpressionName = `WFE_EXPR_${number}`;

/** The names for the expressions of a text. */
export function expressionNames(occurrences: readonly Occurrence[]): ExpressionName[] {
  return occurrences.map((_, index): ExpressionName => `WFE_EXPR_${index + 1}`);
}

/** The problem of a text that uses such a name itself, or `undefined`. */
export function reservedName(text: string, occurrences: readonly Occurrence[]): TextProblem | undefined {
  const blanked = replaceExpressions(text, occurrences, ({ offset, end }) => " ".repeat(end - offset));
  const offset = blanked.indexOf("WFE_EXPR_");
  if (offset === -1) return undefined;
  return new TextProblem("Cannot use expressions in this script: names with WFE_EXPR_ are reserved", {
    offset,
    length: "WFE_EXPR_".length,
    remedy: "Use another name.",
  });
}
