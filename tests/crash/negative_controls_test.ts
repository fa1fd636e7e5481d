/**
 * A checker that cannot fail is no checker: each of these stores has a defect, in a wrapper that exists for this test
 * alone, and has to be found by the checker that is there for it.
 */
import { deepEqual, ok } from "node:assert/strict";
import { defects } from "./controls/all.ts";
import { fairWeather, type Faults, noFaults } from "./simulation/faults.ts";
import { simulate, type SimulationOptions } from "./simulation/simulation.ts";
import { suspended } from "./workload/controls.ts";
import { besides, inbox, patient } from "./workload/events.ts";
import { doomed, flaky } from "./workload/failures.ts";
import { all } from "./workload/joins.ts";
import { line } from "./workload/lines.ts";
import { each, inOrder, loop } from "./workload/loops.ts";
import { timers } from "./workload/timers.ts";

interface Control {
  /** Name of the defect. */
  readonly name: string;
  /** The checkers that have to find it. */
  readonly caughtBy: readonly string[];
  readonly options?: Partial<SimulationOptions>;
}

const seeds = 20;
const slow = { ...fairWeather, latency: 150, hintsLost: 1 };
const kills: Faults = { interval: 600, weather: fairWeather, shares: [1, 0], span: 0, jumps: 0 };
/** A clock that jumps takes the runs of hosts that know nothing of it. */
const jumps: Faults = {
  interval: 1_500,
  weather: { ...fairWeather, latency: 20 },
  shares: [0, 0],
  span: 0,
  jumps: 1,
};

const controls: readonly Control[] = [
  {
    name: "no epoch check",
    caughtBy: ["one writer an epoch"],
    options: { faults: jumps, scenarios: [line, each], work: 1_000, runs: 12, hosts: 3 },
  },
  {
    name: "no lease",
    caughtBy: [
      "no fault, no re-execution",
      "a fenced host begins nothing",
      "timers are never early",
      "only killers are quarantined",
    ],
    options: { faults: noFaults },
  },
  {
    name: "result and advance in two transactions",
    caughtBy: ["result and advance are one", "stuck runs"],
    options: { faults: kills, scenarios: [line, loop] },
  },
  {
    name: "acknowledgement before the commit",
    caughtBy: ["acknowledged starts", "a recorded step never runs again"],
    options: { faults: kills, scenarios: [line, loop] },
  },
  {
    name: "a forgotten timer",
    caughtBy: ["store invariants", "stuck runs"],
    options: { scenarios: [timers, flaky, inOrder] },
  },
  {
    name: "a wake-up written over a message",
    caughtBy: ["stuck runs", "each wait gets each event once"],
    options: { faults: { ...noFaults, weather: slow }, scenarios: [inbox, all, suspended], runs: 12 },
  },
  {
    name: "an event dropped while the run is worked on",
    caughtBy: ["stuck runs", "each wait gets each event once"],
    options: { faults: { ...noFaults, weather: slow }, scenarios: [inbox, besides, all] },
  },
  {
    name: "failures are not counted",
    caughtBy: ["retries are counted exactly", "stuck runs"],
    options: { faults: noFaults, scenarios: [flaky, doomed] },
  },
  {
    name: "the result of an earlier attempt",
    caughtBy: ["recorded results have happened"],
    options: { scenarios: [flaky, patient] },
  },
  {
    name: "lifecycle events forgotten too soon",
    caughtBy: ["sinks miss nothing"],
    options: { faults: { ...kills, interval: 1_000 }, sink: true, scenarios: [loop, each], runs: 20 },
  },
];

Deno.test("every defect has its negative control", () => {
  deepEqual(controls.map(({ name }) => name).sort(), Object.keys(defects).sort());
});

for (const { name, caughtBy, options } of controls) {
  Deno.test(`negative control: ${name} is found by ${caughtBy.join(" and ")}`, async () => {
    const found = new Map<string, number>();
    let caught = 0;
    for (let number = 1; number <= seeds; number++) {
      const { violations } = await simulate({
        seed: `control${number}`,
        defect: defects[name]!,
        patience: 120_000,
        ...options,
      });
      const names = new Set(violations.map(({ checker }) => checker));
      if (names.size > 0) caught++;
      for (const checker of names) found.set(checker, (found.get(checker) ?? 0) + 1);
    }
    const by = [...found].map(([checker, times]) => `${checker} ${times}`).join(", ");
    console.log(`control "${name}": caught in ${caught} of ${seeds} seeds (${by})`);
    for (const checker of caughtBy) ok(found.has(checker), `"${checker}" has not found it in ${seeds} seeds`);
  });
}
