import assert from "node:assert/strict";
import { percentile } from "../../bench/figures.ts";
import { shell } from "../processes.ts";
import { EventLoopWatch } from "./event_loop.ts";
import { StuckExecutors } from "./stuck_executors.ts";
import type { StuckEnd } from "./stuck_step.ts";
import { stuckSteps } from "./stuck_steps.ts";

/** Runs of each kind; `deno task stuck` has more. */
const runs = 3;

/** Milliseconds that the end of a step may take beyond its grace; more where others keep all processors busy. */
const mostOvershoot = await load() < navigator.hardwareConcurrency ? 100 : 200;

/** The machine may be busy with something else at any one time, but not each time. */
const mostTries = 15;

/** How many processes wanted a processor in the last minute, on average. */
async function load(): Promise<number> {
  const { out } = await shell("cat /proc/loadavg");
  return Number(out.split(" ")[0]);
}

Deno.test("a step that is stuck ends in time when its time is up, and leaves nothing", async (t) => {
  await using executors = new StuckExecutors();
  using watch = new EventLoopWatch();
  for (const step of stuckSteps) {
    await t.step(`${step.type}: ${step.kind}`, async () => {
      const ends: StuckEnd[] = [];
      const best = () => Math.min(...ends.map(({ overshoot }) => overshoot));
      while (ends.length < runs || (best() > mostOvershoot && ends.length < mostTries)) {
        ends.push(await executors.end(step));
      }
      assert.deepEqual(ends.map(({ left }) => left), ends.map(() => 0));
      assert.ok(best() <= mostOvershoot, `it took ${best().toFixed()} ms beyond its grace`);
    });
  }
  const lag = percentile(watch.lags, 0.99);
  assert.ok(lag <= 50, `the event loop was late by ${lag.toFixed()} ms`);
});
