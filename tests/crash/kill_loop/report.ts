import type { History } from "../../../src/definition/definition.ts";
import { describe } from "../checkers/all.ts";
import type { Violation } from "../checkers/checker.ts";
import type { Scenario } from "../workload/scenario.ts";
import type { loopStores } from "./loop_store.ts";

/** What a kill loop does. */
export interface KillLoopOptions {
  /**
   * Where runs are kept.
   *
   * @default "sqlite"
   */
  readonly store?: keyof typeof loopStores;
  /** After how many kills it heals. */
  readonly kills: number;
  /** The seed of the workload and of when engines are killed; what they do meanwhile is the system's. No dash in it. */
  readonly seed: string;
  /**
   * How much of loops is kept.
   *
   * @default "full"
   */
  readonly history?: History;
  /** The workflows; all but those with timeouts unless said. */
  readonly scenarios?: readonly Scenario[];
  /**
   * Share of the processes that are stopped once for longer than their lease.
   *
   * @default 0.1
   */
  readonly stalls?: number;
  /** Milliseconds that a body works, on average. */
  readonly work?: number;
  /** Name of a defect of the store, which must be found. */
  readonly defect?: string;
  /** Milliseconds, after the last kill, within which the next run must have ended. */
  readonly patience?: number;
}

/** What came of a kill loop. */
export interface KillReport {
  /** Processes that ended by SIGKILL. */
  readonly kills: number;
  /** Processes that were stopped for longer than their lease. */
  readonly stalls: number;
  /** Runs that were started. */
  readonly runs: number;
  /** Recorded results of step bodies. */
  readonly results: number;
  /** Executions that were begun beyond the first of each activation. */
  readonly repeated: number;
  /** What is wrong. */
  readonly violations: readonly Violation[];
  /** Milliseconds after the last kill until every run had ended. */
  readonly settled: number;
  /** How long it took. */
  readonly milliseconds: number;
}

/** The line that is printed. */
export function figures(reports: readonly KillReport[]): string {
  const sum = (count: (report: KillReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const found = reports.flatMap(({ violations }) => violations);
  const lost = found.reduce((total, { lost = 0 }) => total + lost, 0);
  const doubled = found.reduce((total, { doubled = 0 }) => total + doubled, 0);
  const stuck = found.filter(({ checker }) => checker === "stuck runs").length;
  return `${sum(({ kills }) => kills)} kills, ${sum(({ stalls }) => stalls)} stalls, ${
    sum(({ runs }) => runs)
  } runs, ` +
    `${sum(({ results }) => results)} step results, ${sum(({ repeated }) => repeated)} begun again; ` +
    `${lost} lost, ${doubled} doubled, ${stuck} stuck, ${found.length} violations; ` +
    `all done ${
      (Math.max(...reports.map(({ settled }) => settled)) / 1_000).toFixed(1)
    } s after the last kill; ` +
    `${(sum(({ milliseconds }) => milliseconds) / 1_000).toFixed(0)} s`;
}

/** What is wrong, a line each, the first few. */
export function problems({ violations }: KillReport): string[] {
  return violations.slice(0, 20).map(describe);
}
