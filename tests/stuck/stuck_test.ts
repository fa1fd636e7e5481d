import assert from "node:assert/strict";
import { StuckExecutors } from "./stuck_executors.ts";
import { stuckSteps } from "./stuck_steps.ts";

/** Runs of each kind. `deno task stuck` has more, and judges how long their ends take. */
const runs = 3;

Deno.test("a step that is stuck ends when its time is up, and leaves nothing", async (t) => {
  await using executors = new StuckExecutors();
  for (const step of stuckSteps) {
    await t.step(`${step.type}: ${step.kind}`, async () => {
      for (let run = 0; run < runs; run++) assert.equal((await executors.end(step)).left, 0);
    });
  }
});
