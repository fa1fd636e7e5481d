import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { RandomRun } from "./testing_random_run.ts";
import { plans } from "./testing_workflows.ts";

/** How many random runs a test makes. Raised by hand for a thorough look: 20,000 have been seen to pass. */
const runs = Number(Deno.args[0] ?? 300);

/** Where hosts die. */
const crashes = fc.array(fc.tuple(fc.nat(60), fc.constantFrom("before" as const, "after" as const)), {
  maxLength: 20,
  size: "max",
});

const script = fc.array(fc.nat(24 * 24 - 1), { maxLength: 80, size: "max" });

Deno.test("whatever happens to a run, it moves by the table, is never orphaned, and can be completed", () => {
  fc.assert(
    fc.property(plans, script, (plan, choices) => {
      const run = new RandomRun(plan);
      for (const choice of choices) run.act(choice);
      run.complete();
      run.checkRecord();
    }),
    { numRuns: runs, seed: Number(Deno.args[1] ?? 42) },
  );
});

Deno.test("hosts that die at any step leave no trace in what is recorded", () => {
  fc.assert(
    fc.property(plans, crashes, (plan, crashes) => {
      const undisturbed = new RandomRun(plan);
      undisturbed.follow(new Map());
      const disturbed = new RandomRun(plan);
      disturbed.follow(new Map(crashes));
      deepEqual(disturbed.observed, undisturbed.observed);
    }),
    { numRuns: runs, seed: Number(Deno.args[1] ?? 42) },
  );
});
