import { deepEqual } from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { newRun } from "../../src/testing/persistence/scene.ts";
import { groupParameters, inRounds } from "./transitions.ts";

Deno.test("starts are written in the order of their idempotency keys, for which those of other hosts wait", () => {
  const clock = new ManualClock();
  const start = (id: string, idempotencyKey?: string) => ({
    transition: newRun(clock, id, idempotencyKey === undefined ? {} : { idempotencyKey }).transition,
    isStart: true,
  });
  const group = [start("d", "1"), start("c", "2"), start("b"), start("a", "3")];
  const [rounds] = groupParameters(inRounds(group), { now: 0, keepsEvents: false, hasLocks: false });
  const [{ starts }] = JSON.parse(rounds as string) as [{ starts: { id: string }[] }];
  deepEqual(starts.map(({ id }) => id), ["b", "d", "c", "a"]);
});
