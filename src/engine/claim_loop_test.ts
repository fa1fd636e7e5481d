import { deepEqual, equal, ok } from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Persistence } from "../provider/persistence.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { ClaimLoop } from "./claim_loop.ts";
import { Listeners } from "./listeners.ts";

/** A loop over a store in which something is due at a time and nothing is to be had. */
function scene(
  dueAt: (clock: ManualClock) => number | null,
  isLate = () => false,
  size = () => 0,
  { crashes = 0, mostRuns = 10 } = {},
) {
  const clock = new ManualClock();
  const seen = { looks: 0, claims: 0, most: 0, named: [] as (readonly string[])[] };
  const persistence: Partial<Persistence> = {
    now: () => clock.now(),
    claim: ({ limit, only }) => {
      seen.claims++;
      if (only) seen.named.push(only);
      seen.most = limit;
      return Promise.resolve([]);
    },
    nextDue: (which) => Promise.resolve(which?.crashes ? null : dueAt(clock)),
  };
  const loop = new ClaimLoop({
    persistence: persistence as Persistence,
    clock,
    random: { number: () => 0 },
    troubles: new Listeners(),
    incarnation: () => "host",
    isLate,
    held: () => ({ size: size(), crashes }),
    mostRuns,
    sweepInterval: 30_000,
    only: () => null,
    except: () => [],
    programOf: () => null,
    take: () => {},
    unsure: () => {},
    tidy: () => {
      seen.looks++;
      return Promise.resolve();
    },
    refused: () => {},
  });
  /** Lets time pass, and what it has set off come to its end. */
  const pass = async (milliseconds: number) => {
    for (const end = clock.monotonic() + milliseconds; clock.monotonic() < end;) {
      await setImmediate();
      clock.advance(Math.min(clock.nextTimer() ?? end, end) - clock.monotonic());
    }
    await setImmediate();
  };
  return { loop, seen, pass };
}

Deno.test("a run that is due and not to be had is looked for more and more rarely", async () => {
  const { loop, seen, pass } = scene(() => 0);
  loop.start();
  await pass(60_000);
  ok(seen.looks >= 8 && seen.looks <= 14, `${seen.looks} looks`);
  await loop.stop();
});

Deno.test("a wake-up has the loop look at once, and often again", async () => {
  const { loop, seen, pass } = scene(() => 0);
  loop.start();
  await pass(60_000);
  const before = seen.looks;
  loop.wake();
  await pass(1);
  equal(seen.looks, before + 1);
  await pass(60);
  equal(seen.looks, before + 3);
  await loop.stop();
});

Deno.test("with nothing due, the store is looked at each 30 seconds", async () => {
  const { loop, seen, pass } = scene(() => null);
  loop.start();
  await pass(600_000);
  ok(seen.looks >= 20 && seen.looks <= 21, `${seen.looks} looks`);
  await loop.stop();
  await pass(600_000);
  ok(seen.looks <= 21, "a loop that is stopped looks no more");
});

Deno.test("what is due later is looked for then, and once", async () => {
  const due = new ManualClock().now() + 5_000;
  const { loop, seen, pass } = scene((clock) => clock.now() < due ? due : null);
  loop.start();
  await pass(4_999);
  equal(seen.looks, 1);
  await pass(1);
  equal(seen.looks, 2);
  await loop.stop();
});

Deno.test("a host whose lease is over by its own clock claims nothing: it would let it go at once, again and again", async () => {
  let isLate = true;
  const { loop, seen, pass } = scene(() => 0, () => isLate);
  loop.start();
  await pass(1_000);
  equal(seen.claims, 0);
  isLate = false;
  await pass(1_000);
  ok(seen.claims > 0);
  await loop.stop();
});

Deno.test("of runs that are named, no more are claimed than there is room for; the rest is looked for once there is room", async () => {
  let size = 8;
  const { loop, seen, pass } = scene(() => null, () => false, () => size);
  loop.start();
  await pass(1);
  await loop.claim(["a", "b", "c"]);
  equal(seen.most, 2);
  const { looks, claims } = seen;
  size = 10;
  await loop.claim(["c"]);
  equal(seen.claims, claims);
  size = 9;
  loop.makeRoom();
  await pass(1);
  equal(seen.looks, looks + 1);
  await loop.stop();
});

Deno.test("what is told to be due is claimed at once, and looked for later where others may be quicker", async () => {
  const { loop, seen, pass } = scene(() => null);
  loop.start();
  await pass(100);
  const { looks } = seen;
  loop.hint(["a"], 1_000);
  loop.hint(["b", "a"], 1_000);
  await pass(999);
  deepEqual(seen.named, [["a"], ["b", "a"]]);
  equal(seen.looks, looks);
  await pass(1);
  equal(seen.looks, looks + 1);
  loop.hint(["c"], 0);
  await pass(0);
  deepEqual(seen.named.at(-1), ["c"]);
  equal(seen.looks, looks + 2);
  const { length } = seen.named;
  loop.hint(["1", "2", "3", "4", "5", "6"], 1_000);
  await pass(0);
  equal(seen.named.length, length, "each host is to take others of so many");
  equal(seen.looks, looks + 3);
  await loop.stop();
});

Deno.test("beside a run on probation there is room for seven others at most, and never for more than the host may hold", () => {
  const roomOf = (crashes: number, mostRuns: number) =>
    scene(() => null, undefined, () => 1, { crashes, mostRuns }).loop.room;
  deepEqual([roomOf(0, 10), roomOf(1, 10), roomOf(1, 3), roomOf(2, 10)], [9, 7, 2, 0]);
});
