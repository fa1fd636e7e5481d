import { formatProblem } from "./format_problem.ts";
import type { Problem } from "./problem.ts";

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
