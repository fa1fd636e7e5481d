import type { Violation } from "../crash/checkers/checker.ts";

/** What came of a cluster's work. */
export interface ClusterReport {
  /** What was done to it, and how often. */
  readonly done: Readonly<Record<string, number>>;
  /** Runs that were started. */
  readonly runs: number;
  /** Recorded results of step bodies. */
  readonly results: number;
  /** Executions that were begun beyond the first of each activation. */
  readonly repeated: number;
  /** Executions that ended with a result which was refused. */
  readonly late: number;
  /** What is wrong. */
  readonly violations: readonly Violation[];
  /** Milliseconds from the last thing that was done until every run had ended. */
  readonly settled: number;
  /** How long it took. */
  readonly milliseconds: number;
}

/** The line that is printed. */
export function figures(
  { done, runs, results, repeated, late, violations, settled, milliseconds }: ClusterReport,
): string {
  const lost = violations.reduce((total, { lost = 0 }) => total + lost, 0);
  const doubled = violations.reduce((total, { doubled = 0 }) => total + doubled, 0);
  const acts = Object.entries(done).map(([what, count]) => `${count} ${what}`).join(", ");
  return `${acts || "nothing done to it"}; ${runs} runs, ${results} step results, ${repeated} begun again, ` +
    `${late} refused; ${lost} lost, ${doubled} doubled, ${violations.length} violations; all done ` +
    `${(settled / 1_000).toFixed(1)} s after the last; ${(milliseconds / 1_000).toFixed(0)} s`;
}
