import type { Evidence, RunRecord } from "../evidence/evidence.ts";
import type { HistoryEntry, PointerRow } from "../evidence/history.ts";

/** What a checker found. */
export interface Finding {
  /** What is wrong, in words. */
  readonly text: string;
  /** Results that should be there and are not. */
  readonly lost?: number;
  /** Results that are there and should not be. */
  readonly doubled?: number;
}

/** Holds what happened against one invariant. */
export interface Checker {
  /** Name of the invariant. */
  readonly name: string;
  /** Looks at everything. */
  check?(evidence: Evidence): Iterable<Finding>;
  /** Looks at one run. */
  checkRun?(run: RunRecord, evidence: Evidence): Iterable<Finding>;
}

/** A finding with its circumstances. */
export interface Violation extends Finding {
  /** Name of the checker. */
  readonly checker: string;
  /** The run that it is about, where it is about one. */
  readonly run: string | null;
}

/** One accepted write with what was before it. */
export interface Moved {
  /** The write. */
  readonly entry: HistoryEntry;
  /** The write before it. */
  readonly previous: HistoryEntry | null;
  /** The activations before it, by id. */
  readonly before: ReadonlyMap<number, PointerRow>;
  /** The activations after it, by id. */
  readonly after: ReadonlyMap<number, PointerRow>;
}

/** The accepted writes of a run, one after the other. The maps are those of the moment. */
export function* replay(history: readonly HistoryEntry[]): Iterable<Moved> {
  let previous: HistoryEntry | null = null;
  let before: ReadonlyMap<number, PointerRow> = new Map();
  for (const entry of history) {
    const after = new Map(before);
    for (const row of entry.pointers) after.set(row.id, row);
    yield { entry, previous, before, after };
    [previous, before] = [entry, after];
  }
}

/** The execution whose result an activation has; null where it is not that of a witnessed body. */
export function executionOf({ output }: Pick<PointerRow, "output">): string | null {
  if (typeof output !== "object" || output === null || !("execution" in output)) return null;
  return String(output.execution);
}

/** The idempotency key of an activation. */
export function keyOf(runId: string, { id, undoes }: Pick<PointerRow, "id" | "undoes">): string {
  return undoes === null ? `${runId}/${id}` : `${runId}/${undoes}/undo`;
}
