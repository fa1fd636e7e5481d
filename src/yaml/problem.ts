import { formatProblem } from "./format_problem.ts";

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

/**
 * A workflow file that cannot be used: not readable, no valid YAML, or not a valid workflow. Lists what is wrong by
 * place, at most 20 problems; `line` and `column` are those of the first. Its text form ({@linkcode toString}) shows
 * each with the offending line and a remedy, and is safe to print: control characters are made visible.
 */
export class WorkflowSyntaxError extends Error {
  /** Tells this error from others. */
  readonly code = "WORKFLOW_SYNTAX";
  /** Name of the file, as the caller gave it. */
  readonly file: string;
  /** Line of the first problem, from 1. */
  readonly line: number;
  /** Column of the first problem in characters, from 1. */
  readonly column: number;
  /** What is wrong, sorted by place. */
  readonly problems: readonly Problem[];
  /** How many further problems were left out. */
  readonly omitted: number;

  /** Takes at least one problem, sorted by place. */
  constructor(
    problems: readonly [Problem, ...Problem[]],
    options?: ErrorOptions & { readonly omitted?: number },
  ) {
    const [first] = problems;
    super(`${first.file}:${first.line}:${first.column}: ${first.message}`, options);
    this.name = "WorkflowSyntaxError";
    this.file = first.file;
    this.line = first.line;
    this.column = first.column;
    this.problems = problems;
    this.omitted = options?.omitted ?? 0;
  }

  /** Renders every problem with its line, a marker below the place, and the remedy. */
  override toString(): string {
    const more = this.omitted > 0 ? [`and ${this.omitted} more problem${this.omitted > 1 ? "s" : ""}`] : [];
    return [...this.problems.map(formatProblem), ...more].join("\n\n");
  }
}
