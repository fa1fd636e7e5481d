/** One thing that is wrong with a workflow file, and where. */
export interface Problem {
  /** Name of the file, as the caller gave it. */
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column in characters, from 1. */
  readonly column: number;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** The offending line, where there is one. */
  readonly excerpt?: Excerpt;
}

/** A line of a file, or the part around the place when the line is long. */
export interface Excerpt {
  /** The text as it stands in the file: it may hold control characters. */
  readonly text: string;
  /** Where in `text` the place begins, in UTF-16 code units. */
  readonly index: number;
  /** How many code units of `text` are meant, at least 1. */
  readonly length: number;
}

/** Most problems that one error lists. */
export const mostProblems = 20;
