/** The data of every workflow of the workload. */
export type WorkData = {
  /** Key of the plan: events are about it. */
  readonly key: string;
  /** How much there is to do. */
  readonly size: number;
  /** How often each step, or undo, has been recorded. */
  readonly counts: Readonly<Record<string, number>>;
  /** What has come, in order. */
  readonly seen: readonly string[];
};

/** First data. */
export function workData(key: string, size: number): WorkData {
  return { key, size, counts: {}, seen: [] };
}

/** How often a step has been recorded so far. */
export function countOf({ counts }: Pick<WorkData, "counts">, step: string): number {
  return counts[step] ?? 0;
}
