import assert from "node:assert/strict";
import { ManualClock } from "./manual_clock.ts";

Deno.test("advance() calls back what is due, in order, each at its time", () => {
  const clock = new ManualClock(1000);
  const heard: string[] = [];
  const at = (name: string) => () => void heard.push(`${name} ${clock.now()}`);
  clock.schedule(20, at("second"));
  clock.schedule(10, () => clock.schedule(15, at("made on the way")));
  clock.schedule(99, at("later"));
  clock.advance(30);
  assert.deepEqual(heard, ["second 1020", "made on the way 1025"]);
  assert.deepEqual([clock.now(), clock.monotonic()], [1030, 30]);
});

Deno.test("a callback that was disposed of is not called", () => {
  const clock = new ManualClock();
  clock.schedule(1, () => assert.fail("called"))[Symbol.dispose]();
  clock.advance(1);
});

Deno.test("jump() changes the time of day alone", () => {
  const clock = new ManualClock(1000);
  clock.schedule(1, () => assert.fail("called"));
  clock.jump(500_000);
  assert.deepEqual([clock.now(), clock.monotonic()], [500_000, 0]);
});
