import { equal, rejects } from "node:assert/strict";
import { VirtualClock } from "./virtual_clock.ts";

Deno.test("time passes from one timer to the next, at once", async () => {
  const clock = new VirtualClock();
  const start = clock.monotonic();
  await clock.until(new Promise<void>((resolve) => void clock.schedule(3_600_000, resolve)));
  equal(clock.monotonic() - start, 3_600_000);
});

Deno.test("time stands still while it is held", async () => {
  const clock = new VirtualClock();
  let fired = false;
  clock.schedule(1_000, () => fired = true);
  const letGo = clock.hold();
  const passing = clock.pass("2s");
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
  equal(fired, false);
  letGo();
  await passing;
  equal(fired, true);
});

Deno.test("who waits for what never comes is told so, by virtual time where it passes", async () => {
  const never = new Promise<void>(() => {});
  await rejects(new VirtualClock().until(never), /nothing happened within 24h 00m of virtual time/);
  const clock = new VirtualClock();
  const tick = (): void => void clock.schedule(60_000, tick);
  tick();
  await rejects(clock.until(never, { within: "1h" }), /nothing happened within 1h 00m of virtual time/);
});

Deno.test("who waits while something holds the clock for good is told so, by real time", async () => {
  const clock = new VirtualClock();
  clock.hold();
  await rejects(
    clock.until(new Promise<void>(() => {}), { patience: "50ms" }),
    /Cannot let time pass: for 50ms of real time a step body/,
  );
});
