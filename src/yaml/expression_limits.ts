import type { ProblemList } from "./problem_list.ts";
import type { Source } from "./source.ts";

/** Most expressions of a workflow. */
export const maxExpressions = 1_000;
/** Most expressions of one text: each is looked for in the whole syntax of a script. */
export const maxExpressionsOfText = 100;
/**
 * Longest text with expressions, in UTF-16 code units: parsing a shell script takes time that grows with the square of
 * its nesting (120,000 units of open quotes and substitutions: 1.6 s).
 */
export const maxExpressionText = 64 * 1024;

/** Reports the first expression of a source that is one too many, and says whether all is well. */
export function checkExpressionCount(source: Source, problems: ProblemList): boolean {
  const start = offsetOfNth(source.text, maxExpressions + 1);
  if (start === undefined) return true;
  problems.add(
    { start, end: start + 3 },
    `Cannot use more than ${maxExpressions} expressions in a workflow`,
    "Split the workflow, or put values together into one variable.",
  );
  return false;
}

/** Offset of the n-th `${{` of a text, if it has so many. */
export function offsetOfNth(text: string, n: number): number | undefined {
  let at = -1;
  for (let count = 0; count < n; count++) {
    at = text.indexOf("${{", at + 1);
    if (at < 0) return undefined;
  }
  return at;
}
