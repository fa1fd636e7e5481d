import type { Evidence } from "../evidence/evidence.ts";
import type { Checker, Finding, Violation } from "./checker.ts";
import { exactCounts, stuck } from "./ends.ts";
import { definitions, epochs, owners } from "./epochs.ts";
import { events } from "./events.ts";
import { calm, executions, fencing, suspensions, witnesses } from "./executions.ts";
import { quarantine } from "./quarantine.ts";
import { atomicAdvance, finalEnds, joins, results } from "./results.ts";
import { sinks } from "./sinks.ts";
import { starts } from "./starts.ts";
import { storeInvariants } from "./store.ts";
import { limits, retries, timers } from "./time.ts";
import { undos } from "./undos.ts";

/** Every invariant that is checked after a fault. */
export const checkers: readonly Checker[] = [
  starts,
  stuck,
  exactCounts,
  storeInvariants,
  results,
  finalEnds,
  atomicAdvance,
  joins,
  epochs,
  owners,
  definitions,
  executions,
  witnesses,
  calm,
  fencing,
  suspensions,
  timers,
  retries,
  limits,
  undos,
  events,
  quarantine,
  sinks,
];

/** Holds the evidence against every invariant. */
export function check(evidence: Evidence): Violation[] {
  const violations: Violation[] = [];
  const add = (checker: Checker, run: string | null, findings: Iterable<Finding> = []): void => {
    for (const finding of findings) violations.push({ ...finding, checker: checker.name, run });
  };
  for (const checker of checkers) {
    add(checker, null, checker.check?.(evidence));
    for (const run of evidence.runs) {
      const { instance: { id, definitionId } } = run;
      add(checker, `${id} (${definitionId}, ${run.key})`, checker.checkRun?.(run, evidence));
    }
  }
  return violations;
}

/** A violation, in one line. */
export function describe({ checker, run, text }: Violation): string {
  return `${checker}: ${run === null ? "" : `run ${run} `}${text}`;
}
