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

Deno.test("now() tells whole milliseconds, also where less than one has passed", () => {
  const clock = new ManualClock(1000);
  clock.advance(10_000 / 3);
  assert.deepEqual([clock.now(), clock.monotonic()], [4333, 10_000 / 3]);
});

Deno.test("now() loses no millisecond where fractions are summed up", () => {
  const clock = new ManualClock(1000);
  const heard: number[] = [];
  clock.schedule(10_000, () => heard.push(clock.now()));
  for (let third = 1; third <= 3_000; third++) {
    clock.advance(10_000 / 3);
    const passed = Math.round(third * 10_000) / 3;
    assert.equal(clock.now(), 1000 + (third % 3 === 0 ? Math.round(passed) : Math.floor(passed)));
  }
  assert.deepEqual(heard, [11_000]);
  clock.jump(1_893_456_000_000);
  assert.equal(clock.now(), 1_893_456_000_000);
  clock.advance(0.9);
  assert.equal(clock.now(), 1_893_456_000_000);
  clock.advance(0.1);
  assert.equal(clock.now(), 1_893_456_000_001);
});
