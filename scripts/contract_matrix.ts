/**
 * Which provider keeps which promises of which contract, read from what the tests print: a table for each role, a row
 * for each provider.
 *
 * @module
 */
import { lifecyclePromises } from "../src/testing/lifecycle_contract.ts";
import { lockPromises } from "../src/testing/lock_contract.ts";
import { persistencePromises } from "../src/testing/persistence_contract.ts";
import { queuePromises } from "../src/testing/queue_contract.ts";
import { searchPromises } from "../src/testing/search_contract.ts";

const roles: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  persistence: persistencePromises,
  lock: { lock: lockPromises },
  queue: { queue: queuePromises },
  lifecycle: { lifecycle: lifecyclePromises },
  search: { search: searchPromises },
};

const results = ["ok", "FAILED", "ignored"] as const;
type Result = typeof results[number];

/** Of a provider and a group of promises: how many ended how. */
type Counts = Partial<Record<Result, number>>;

/**
 * The tables, without those of roles whose contract was not run. A cell says how many promises are kept, and how many
 * failed or were skipped where there are such; `–` is what a provider does not offer.
 *
 * @param output what `deno test` printed, without colours
 */
export function contractMatrix(output: string): string {
  const tests = [...testsOf(output)];
  return Object.entries(roles).flatMap(([role, groups]) => {
    const rows = new Map<string, Map<string, Counts>>();
    for (const { provider, promise, result } of tests) {
      const group = Object.keys(groups).find((name) => Object.hasOwn(groups[name]!, promise));
      if (group === undefined) continue;
      const row = rows.getOrInsertComputed(provider, () => new Map());
      const counts = row.getOrInsertComputed(group, () => ({} as Counts));
      counts[result] = (counts[result] ?? 0) + 1;
    }
    return rows.size > 0 ? [table(role, Object.keys(groups), rows)] : [];
  }).join("\n\n");
}

function* testsOf(output: string): Generator<{ provider: string; promise: string; result: Result }> {
  for (
    const [, provider, promise, result] of output.matchAll(/^(.+?): (.+?) \.\.\..*?(ok|FAILED|ignored)/gm)
  ) {
    yield { provider: provider!, promise: promise!, result: result as Result };
  }
}

function table(
  role: string,
  groups: readonly string[],
  rows: ReadonlyMap<string, ReadonlyMap<string, Counts>>,
): string {
  const lines = [
    [role, ...groups],
    ...[...rows].map(([provider, row]) => [provider, ...groups.map((group) => cell(row.get(group)))]),
  ];
  const widths = ["", ...groups].map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map(([first, ...others]) =>
    [first!.padEnd(widths[0]!), ...others.map((text, index) => text.padStart(widths[index + 1]!))].join("  ")
  ).join("\n");
}

function cell(counts: Counts | undefined): string {
  if (!counts) return "–";
  const { ok = 0, FAILED: failed = 0, ignored = 0 } = counts;
  return [`${ok}`, failed && `${failed} failed`, ignored && `${ignored} skipped`].filter(Boolean).join(", ");
}
