import { deepEqual, equal, ok } from "node:assert/strict";
import { noFaults } from "./simulation/faults.ts";
import { Figures, replaying } from "./simulation/report.ts";
import { simulate } from "./simulation/simulation.ts";
import { poison, scenarios } from "./workload/all.ts";
import { terminated } from "./workload/controls.ts";

const seeds = 1_000;

Deno.test("1,000 seeds of crashes, stalls, cut-offs, lost messages and clock jumps violate nothing", async () => {
  const figures = new Figures(replaying);
  for (let number = 1; number <= seeds; number++) {
    const seed = `s${number}`;
    figures.add(seed, await simulate({ seed }));
  }
  console.log(`simulation: ${figures.line}`);
  deepEqual(figures.failed, []);
});

Deno.test("without a fault every primitive ends as it must, and nothing runs twice", async () => {
  const figures = new Figures();
  for (const history of ["full", { last: 0 }] as const) {
    for (let number = 1; number <= 20; number++) {
      const seed = `calm${number}`;
      const runs = scenarios.length;
      figures.add(seed, await simulate({ seed, faults: noFaults, scenarios, runs, history }));
    }
  }
  console.log(`simulation without faults: ${figures.line}`);
  deepEqual(figures.failed, []);
});

Deno.test("a step that was cut short when its run was terminated begins again with the run, and that is no fault", async () => {
  const figures = new Figures();
  for (let number = 1; number <= 5; number++) {
    const seed = `terminated${number}`;
    // Bodies that work for long are under way when the command comes.
    const options = { faults: noFaults, scenarios: [terminated], runs: 20, work: 400 };
    const report = await simulate({ seed, ...options });
    ok(report.repeated > 0, "nothing was cut short");
    figures.add(seed, report);
  }
  deepEqual(figures.failed, []);
});

Deno.test("runs that kill their hosts are quarantined, and no run beside them is", async () => {
  const figures = new Figures();
  for (let number = 0; number < 100; number++) {
    const seed = `poison${number}`;
    const beside = scenarios[number % scenarios.length]!;
    const other = scenarios[(number * 7 + 3) % scenarios.length]!;
    const options = { faults: noFaults, scenarios: [poison, beside, other], runs: 9, hosts: 3 };
    figures.add(seed, await simulate({ seed, ...options }));
  }
  console.log(`simulation of runs that kill their hosts: ${figures.line}`);
  deepEqual(figures.failed, []);
});

Deno.test("a seed always runs the same way", async () => {
  for (const seed of ["s7", "s77", "s777"]) {
    const traces: string[][] = [];
    const digests: string[] = [];
    for (let time = 0; time < 2; time++) {
      const lines: string[] = [];
      digests.push((await simulate({ seed, onLine: (line) => lines.push(line) })).digest);
      traces.push(lines);
    }
    deepEqual(traces[0], traces[1]);
    equal(digests[0], digests[1]);
  }
});
