import assert from "node:assert/strict";
import { StuckExecutors } from "./stuck_executors.ts";
import { stuckSteps } from "./stuck_steps.ts";

/** Runs of each kind. `deno task stuck` has more, and judges how long their ends take. */
const runs = 3;

/** Milliseconds that the end of a step may take beyond its grace: less than the last resort would, by far. */
const mostOvershoot = 1_000;

/** The machine may be busy with something else at any one time, but not each time. */
const mostTries = 15;

Deno.test("a step that is stuck ends when its time is up, and leaves nothing", async (t) => {
  await using executors = new StuckExecutors();
  for (const step of stuckSteps) {
    await t.step(`${step.type}: ${step.kind}`, async () => {
      let best = Infinity;
      for (let run = 0; run < runs || (best > mostOvershoot && run < mostTries); run++) {
        const { left, overshoot } = await executors.end(step);
        assert.equal(left, 0);
        best = Math.min(best, overshoot);
      }
      assert.ok(best <= mostOvershoot, `it took ${best.toFixed()} ms beyond its grace`);
    });
  }
});
