import { deepEqual, equal } from "node:assert/strict";
import { Slots } from "./slots.ts";

/** Bodies that end when told to. */
function scene(most: number, mostOfRun: number) {
  const slots = new Slots(most, mostOfRun);
  const begun: string[] = [];
  const enter = (runId: string, name = runId) => slots.enter(runId, () => void begun.push(name));
  return { slots, begun, enter };
}

Deno.test("Slots lets so many bodies run as there are places, the others one by one as places become free", () => {
  const { slots, begun, enter } = scene(2, 2);
  for (const name of ["a", "b", "c", "d"]) enter(name);
  deepEqual(begun, ["a", "b"]);
  slots.leave("a");
  deepEqual(begun, ["a", "b", "c"]);
  slots.leave("c");
  deepEqual(begun, ["a", "b", "c", "d"]);
});

Deno.test("Slots keeps a run within its own limit while other runs go on", () => {
  const { slots, begun, enter } = scene(10, 1);
  enter("a", "a1");
  enter("a", "a2");
  enter("b", "b1");
  deepEqual(begun, ["a1", "b1"]);
  slots.leave("b");
  deepEqual(begun, ["a1", "b1"]);
  slots.leave("a");
  deepEqual(begun, ["a1", "b1", "a2"]);
});

Deno.test("Slots has runs take turns, whatever they have waiting", () => {
  const { slots, begun, enter } = scene(1, 1);
  enter("big", "big 0");
  for (let count = 1; count <= 1_000; count++) enter("big", `big ${count}`);
  enter("small", "small 1");
  enter("small", "small 2");
  for (const runId of ["big", "big", "small", "big"]) slots.leave(runId);
  deepEqual(begun, ["big 0", "big 1", "small 1", "big 2", "small 2"]);
});

Deno.test("Slots forgets who has given up waiting", () => {
  const { slots, begun, enter } = scene(1, 1);
  enter("a");
  const waiting = enter("b");
  enter("c");
  waiting?.[Symbol.dispose]();
  waiting?.[Symbol.dispose]();
  slots.leave("a");
  deepEqual(begun, ["a", "c"]);
  slots.leave("c");
  equal(enter("d"), null, "there is room again");
});

Deno.test("Slots serves a long line of bodies that end at once without overflowing the stack", () => {
  const slots = new Slots(1, 1);
  let served = 0;
  slots.enter("first", () => {});
  for (let count = 0; count < 100_000; count++) {
    slots.enter("line", () => {
      served++;
      slots.leave("line");
    });
  }
  slots.leave("first");
  equal(served, 100_000);
});
