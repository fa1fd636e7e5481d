import type { BranchScope, Change } from "../instance/transition.ts";

/** Whether paths through a branch are open beyond the first. */
export function hasForks(change: Change, scope: BranchScope): boolean {
  return change.instance.forks[forkKey(scope)] !== undefined;
}

/** So many paths through a branch begin, or end where `by` is below zero. */
export function changeForks(change: Change, scope: BranchScope, by: number): void {
  if (by === 0) return;
  const key = forkKey(scope);
  const { [key]: before = 0, ...others } = change.instance.forks;
  const after = before + by;
  change.set({ forks: after === 0 ? others : { ...others, [key]: after } });
}

/** The branches of some activations have been cut short: their paths count no more. */
export function dropForks(change: Change, parents: ReadonlySet<number>): void {
  const entries = Object.entries(change.instance.forks);
  const kept = entries.filter(([key]) => !parents.has(parseInt(key)));
  if (kept.length < entries.length) change.set({ forks: Object.fromEntries(kept) });
}

function forkKey({ parent, branch }: BranchScope): string {
  return `${parent ?? 0}:${branch}`;
}
