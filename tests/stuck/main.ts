/**
 * Runs steps that are stuck until their time is up, and prints how long their end takes and what is left of them:
 * `--count N` runs of each kind of script and command.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { percentile } from "../../bench/figures.ts";
import { table } from "../../cli/output/table.ts";
import { EventLoopWatch } from "./event_loop.ts";
import { StuckExecutors } from "./stuck_executors.ts";
import type { StuckEnd } from "./stuck_step.ts";
import { stuckSteps } from "./stuck_steps.ts";

/** Milliseconds: 99 of 100 ends take no longer beyond their grace. */
const mostOvershoot = 150;

/** Milliseconds: 99 of 100 times the event loop comes round no later. */
const mostLag = 50;

const { values } = parseArgs({ options: { count: { type: "string", default: "100" } } });
const count = Number(values.count);

const milliseconds = (value: number) => `${value.toFixed()} ms`;
const leftOf = (ends: readonly StuckEnd[]) => ends.reduce((sum, { left }) => sum + left, 0);
const share = (ends: readonly StuckEnd[], part: number) =>
  percentile(ends.map(({ overshoot }) => overshoot), part);
const row = (type: string, kind: string, ends: readonly StuckEnd[]) => [
  type,
  kind,
  String(ends.length),
  ...[0.5, 0.99, 1].map((part) => milliseconds(share(ends, part))),
  String(leftOf(ends)),
];

await using executors = new StuckExecutors();
using watch = new EventLoopWatch();
const ends = new Map<string, StuckEnd[]>([["deno", []], ["shell", []]]);
const rows: string[][] = [];
for (const step of stuckSteps) {
  const ofKind: StuckEnd[] = [];
  while (ofKind.length < count) ofKind.push(await executors.end(step));
  ends.get(step.type)!.push(...ofKind);
  rows.push(row(step.type, step.kind, ofKind));
}
for (const [type, all] of ends) rows.push(row(type, "all", all));
const head = ["STEP", "STUCK IN", "RUNS", "p50", "p99", "MOST", "LEFT"];
console.log(table(head, rows).join("\n"));
const lag = percentile(watch.lags, 0.99);
console.log(`\nThe event loop of the engine was late by ${milliseconds(lag)} (p99)`);

const missed = [
  ...Array.from(ends).filter(([, all]) => share(all, 0.99) > mostOvershoot)
    .map(([type]) => `${type} steps end within ${milliseconds(mostOvershoot)} beyond their grace (p99)`),
  ...Array.from(ends).filter(([, all]) => leftOf(all) > 0).map(([type]) => `${type} steps leave nothing`),
  ...lag > mostLag ? [`the event loop is late by ${milliseconds(mostLag)} at most (p99)`] : [],
];
for (const goal of missed) console.error(`MISSED: ${goal}`);
if (missed.length > 0) Deno.exitCode = 1;
