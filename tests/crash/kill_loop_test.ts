/**
 * Real processes that die by `kill -9` and are stopped for longer than their lease, on one SQLite file with its default
 * durability, and on one PostgreSQL. When they die is drawn from the seed; what they do meanwhile is the system's.
 */
import { deepEqual, ok } from "node:assert/strict";
import { testPostgres } from "../../providers/postgres/testing_postgres.ts";
import { killLoop } from "./kill_loop/kill_loop.ts";
import { figures, type KillLoopOptions, problems } from "./kill_loop/report.ts";
import { line } from "./workload/lines.ts";
import { each, loop } from "./workload/loops.ts";

async function losesNothing(options: KillLoopOptions): Promise<void> {
  const report = await killLoop(options);
  console.log(`kill loop, seed ${options.seed}: ${figures([report])}`);
  deepEqual(problems(report), []);
  ok(report.repeated > 0, "nothing was killed in the middle of its work");
}

Deno.test("200 kills of three engines on one SQLite file lose nothing and double nothing", () =>
  losesNothing({ kills: 200, seed: "ci" }));

Deno.test("nor do 20 kills where loops keep nothing of what is over", () =>
  losesNothing({ kills: 20, seed: "folded", history: { last: 0 } }));

testPostgres(
  "nor do 40 kills of three engines on one PostgreSQL",
  () => losesNothing({ kills: 40, seed: "postgres", store: "postgres" }),
);

/** Defects that the kill loop has to find: what does, and what is done to the engines. */
const controls: Readonly<
  Record<string, [caughtBy: string, options: Pick<KillLoopOptions, "kills" | "stalls">]>
> = {
  // Whoever goes on after a stall writes what others have written meanwhile.
  "no epoch check": ["one writer an epoch", { kills: 9, stalls: 1 }],
  "acknowledgement before the commit": ["acknowledged starts", { kills: 3, stalls: 0 }],
};
const attempts = 10;

for (const [defect, [caughtBy, options]] of Object.entries(controls)) {
  Deno.test(`negative control of the kill loop: ${defect} is found by ${caughtBy}`, async () => {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { violations } = await killLoop({
        ...options,
        defect,
        seed: `control${attempt}`,
        scenarios: [line, each, loop],
        work: 30,
        patience: 1_000,
      });
      const found = violations.filter(({ checker }) => checker === caughtBy).length;
      console.log(`control "${defect}" of the kill loop: ${found} times "${caughtBy}" in attempt ${attempt}`);
      if (found > 0) return;
    }
    ok(false, `"${caughtBy}" has not found it in ${attempts} attempts`);
  });
}
