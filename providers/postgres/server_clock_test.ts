import assert from "node:assert/strict";
import { ServerClock } from "./server_clock.ts";

Deno.test("now() is the server's time, halfway between question and answer, and goes on by the monotonic clock", () => {
  let monotonic = 1_000;
  const clock = new ServerClock(() => monotonic);
  const sentAt = clock.mark();
  monotonic += 10;
  clock.measure(sentAt, 5_000_000);
  assert.equal(clock.now(), 5_000_005);
  monotonic += 250.7;
  assert.equal(clock.now(), 5_000_255);
});

Deno.test("now() does not tremble by what a slow answer explains, and follows a server that was set", () => {
  let monotonic = 0;
  const clock = new ServerClock(() => monotonic);
  clock.measure(clock.mark(), 1_000);
  const sentAt = clock.mark();
  monotonic += 100;
  clock.measure(sentAt, 1_090);
  assert.equal(clock.now(), 1_100);
  clock.measure(clock.mark(), 3_601_100);
  assert.equal(clock.now(), 3_601_100);
});

Deno.test("now() is this machine's time until it has been measured", () => {
  const before = Date.now();
  const now = new ServerClock().now();
  assert.ok(now >= before && now <= Date.now());
});
