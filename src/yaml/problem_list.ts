import { mostProblems, type Problem } from "./problem.ts";
import { WorkflowSyntaxError } from "./workflow_syntax_error.ts";
import type { Source, Span } from "./source.ts";

interface Finding {
  readonly span: Span;
  readonly message: string;
  readonly remedy: string | undefined;
}

/** Gathers what is wrong with one source, to be reported together. */
export class ProblemList {
  readonly #source: Source;
  readonly #findings: Finding[] = [];

  /** Gathers for this source. */
  constructor(source: Source) {
    this.#source = source;
  }

  /** Adds one. */
  add(span: Span, message: string, remedy?: string): void {
    this.#findings.push({ span, message, remedy });
  }

  /** Adds that something stands twice, naming the line of the first. */
  addTwice(span: Span, first: Span, what: string): void {
    const line = this.#source.lineAt(first.start);
    this.add(
      span,
      `Cannot use ${what} twice: it first stands on line ${line}`,
      "Delete or rename one of them.",
    );
  }

  /**
   * Goes on when there is none.
   *
   * @param others problems of other files, which come behind those of this one
   * @throws {WorkflowSyntaxError} with the first 20 by place
   */
  throwIfAny(others: readonly Problem[] = []): void {
    // Lines and columns are worked out for the reported ones only: a file can hold thousands.
    const own = this.#findings
      .toSorted((a, b) => a.span.start - b.span.start)
      .slice(0, mostProblems)
      .map(({ span, message, remedy }) => this.#source.problem(span, message, remedy));
    const [first, ...rest] = [...own, ...others].slice(0, mostProblems);
    const count = this.#findings.length + others.length;
    if (first) throw new WorkflowSyntaxError([first, ...rest], { omitted: count - rest.length - 1 });
  }
}
