import { deepEqual, equal } from "node:assert/strict";
import { MemoryPersistence } from "../memory/persistence.ts";
import { StoreError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { Heartbeat, leaseTtl } from "./heartbeat.ts";
import { Listeners } from "./listeners.ts";
import { ProcessStops } from "./process_stops.ts";

async function scene() {
  const clock = new ManualClock();
  const store = new MemoryPersistence({ clock });
  let hosts = 0;
  const seen = { fenced: 0, down: false, well: [] as boolean[] };
  const late: (() => void)[] = [];
  let isBlocked = false;
  const renewHost: Persistence["renewHost"] = (host, ttl) =>
    seen.down ? Promise.reject(new StoreError("busy", "It is busy")) : store.renewHost(host, ttl);
  const removeHost: Persistence["removeHost"] = (incarnation) =>
    seen.down ? Promise.reject(new StoreError("full", "It is full")) : store.removeHost(incarnation);
  const heartbeat = new Heartbeat({
    persistence: Object.assign(Object.create(store), { renewHost, removeHost }),
    clock: {
      monotonic: () => clock.monotonic(),
      schedule: (delay, callback) =>
        clock.schedule(delay, () => isBlocked ? late.push(callback) : callback()),
    },
    troubles: new Listeners(),
    newHost: () => ({ incarnation: `host-${++hosts}`, pid: 1 }),
    stops: new ProcessStops(clock),
    fenced: () => void seen.fenced++,
    renewed: (well) => void seen.well.push(well),
  });
  await heartbeat.start();
  /** Lets time pass, and what it has set off come to its end. */
  const pass = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  /** Lets time pass while no timer can fire. */
  const block = async (milliseconds: number) => {
    isBlocked = true;
    await pass(milliseconds);
    isBlocked = false;
    for (const callback of late.splice(0)) callback();
    await pass(100);
  };
  /** Lets another host look for dead ones. */
  const claim = async () => {
    await store.renewHost({ incarnation: "other", pid: 2 }, leaseTtl);
    await store.claim({
      incarnation: "other",
      limit: 1,
      crashes: { from: 0, to: Infinity },
      take: ({ instance }) => Promise.reject(instance) as never,
    });
  };
  const isEntered = async (incarnation: string) => await store.renewHost({ incarnation, pid: 1 }, 1);
  return { clock, store, heartbeat, seen, pass, block, claim, isEntered };
}

Deno.test("a heartbeat keeps its host alive as long as it beats", async () => {
  const { store, heartbeat, seen, pass, claim, isEntered } = await scene();
  for (let beat = 0; beat < 20; beat++) {
    await pass(leaseTtl / 3 + 1);
    await claim();
  }
  deepEqual([heartbeat.incarnation, seen.fenced], ["host-1", 0]);
  equal(await isEntered("host-1"), true);
  await heartbeat.stop();
  equal(await isEntered("host-1"), false);
  await store[Symbol.asyncDispose]();
});

Deno.test("a heartbeat that could not be renewed in time fences its host, which goes on as a new incarnation", async () => {
  const { store, heartbeat, seen, pass, isEntered } = await scene();
  seen.down = true;
  for (let beat = 0; beat < 2; beat++) await pass(leaseTtl / 3 + 1);
  equal(seen.fenced, 0, "the lease still runs");
  seen.down = false;
  await pass(leaseTtl / 3 + 1);
  deepEqual([heartbeat.incarnation, seen.fenced], ["host-2", 1]);
  equal(await isEntered("host-1"), false);
  deepEqual(seen.well, [true]);
  await heartbeat.stop();
  await store[Symbol.asyncDispose]();
});

Deno.test("a host that was taken out, because the store's clock jumped, fences itself at its next beat", async () => {
  const { clock, store, heartbeat, seen, pass, claim } = await scene();
  clock.jump(clock.now() + 3_600_000);
  await claim();
  await pass(leaseTtl / 3 + 1);
  deepEqual([heartbeat.incarnation, seen.fenced, seen.well], ["host-2", 1, [true]]);
  await heartbeat.stop();
  await store[Symbol.asyncDispose]();
});

Deno.test("a host stops also where the store will not take it out", async () => {
  const { store, heartbeat, seen } = await scene();
  seen.down = true;
  await heartbeat.stop();
  await store[Symbol.asyncDispose]();
});

Deno.test("a host whose event loop was blocked past its lease is not told to be well", async () => {
  const { store, heartbeat, seen, block } = await scene();
  await block(3 * leaseTtl);
  deepEqual([heartbeat.incarnation, seen.fenced, seen.well], ["host-2", 1, [false]]);
  await heartbeat.stop();
  await store[Symbol.asyncDispose]();
});
