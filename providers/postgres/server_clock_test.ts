import assert from "node:assert/strict";
import { ServerClock } from "./server_clock.ts";

Deno.test("now() is never ahead of the server's time, and goes on by the monotonic clock", () => {
  let monotonic = 1_000;
  const clock = new ServerClock(() => monotonic);
  const sentAt = clock.mark();
  monotonic += 10;
  // It may have been said just before it came here, or ten milliseconds ago.
  clock.measure(sentAt, 5_000_000);
  assert.equal(clock.now(), 5_000_000);
  monotonic += 250.7;
  assert.equal(clock.now(), 5_000_250);
});

Deno.test("now() is as good as the quickest answer, and does not tremble by slow ones", () => {
  let monotonic = 0;
  const clock = new ServerClock(() => monotonic);
  const ask = (there: number, back: number) => {
    const sentAt = clock.mark();
    monotonic += there + back;
    clock.measure(sentAt, 1_000 + monotonic - back);
  };
  ask(300, 900);
  assert.equal(clock.now(), 1_000 + monotonic - 900);
  ask(1, 1);
  assert.equal(clock.now(), 1_000 + monotonic - 1);
  ask(500, 700);
  assert.equal(clock.now(), 1_000 + monotonic - 1);
});

Deno.test("now() follows a server whose clock was set, forwards and back", () => {
  const clock = new ServerClock(() => 0);
  for (const time of [1_000, 3_601_000, 2_000]) {
    clock.measure(clock.mark(), time);
    assert.equal(clock.now(), time);
  }
});

Deno.test("now() is this machine's time until it has been measured", () => {
  const before = Date.now();
  const now = new ServerClock().now();
  assert.ok(now >= before && now <= Date.now());
});
