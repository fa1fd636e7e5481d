import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import type { Scene } from "../../src/testing/persistence/scene.ts";
import { event, publish, startWaiting, wait } from "../../src/testing/persistence/waits.ts";
import { PostgresProvider } from "./persistence.ts";
import { SharedSchema, testClient, testPostgres, testUrl } from "./testing_postgres.ts";
import { Proxy } from "../testing_proxy.ts";

const schema = new SharedSchema();
const elsewhere = new SharedSchema();
const options = { schema: schema.name };

/** Sends signals until one is heard. */
async function assertHeard(from: PostgresProvider, by: PostgresProvider): Promise<void> {
  const heard = Promise.withResolvers<true>();
  using _ = by.watch(() => heard.resolve(true));
  for (let tries = 0; tries < 200; tries++) {
    await from.unpark("any");
    const timer = Promise.withResolvers<false>();
    const timeout = setTimeout(timer.resolve, 50, false);
    const isHeard = await Promise.race([heard.promise, timer.promise]);
    clearTimeout(timeout);
    if (isHeard) return;
  }
  assert.fail("nothing was heard");
}

testPostgres("a watch goes on when its connection has been cut", async () => {
  await using proxy = new Proxy(testUrl);
  await using first = await PostgresProvider.open(testUrl, options);
  await using second = await PostgresProvider.open(proxy.url, options);
  let calls = 0;
  using _ = second.watch(() => calls++);
  await assertHeard(first, second);
  proxy.cut();
  const before = calls;
  await assertHeard(first, second);
  assert.ok(calls > before);
});

testPostgres(
  "an event tells others whom it has woken, however many, and nothing where nobody waits",
  async () => {
    const clock = new ManualClock();
    await using silent = await PostgresProvider.open(testUrl, { ...options, clock, listen: false });
    await using first = await PostgresProvider.open(testUrl, options);
    await using second = await PostgresProvider.open(testUrl, options);
    const scene = { store: silent, clock } as unknown as Scene;
    // Too many for one NOTIFY, which then says no more than that something has happened.
    const many = Array.from({ length: 300 }, (_, n) => `a run with quite a long name, number ${n}`);
    await startWaiting(scene, "one {1, 2}", [wait({ key: "one" })]);
    for (const id of many) await startWaiting(scene, id, [wait({ key: "many" })]);
    const heard: (readonly string[] | undefined)[] = [];
    let next = Promise.withResolvers<void>();
    using _watch = second.watch((runIds) => {
      heard.push(runIds);
      next.resolve();
    });
    // It listens.
    await next.promise;
    await publish({ store: first }, event(1, { key: "none" }));
    for (const key of ["one", "many"]) {
      next = Promise.withResolvers();
      await publish({ store: first }, event(1, { key }));
      await next.promise;
    }
    assert.deepEqual(heard, [undefined, ["one {1, 2}"], undefined]);
  },
);

testPostgres("a client of the caller's listens and tells too", async () => {
  await using client = testClient();
  await using first = await PostgresProvider.open(testUrl, options);
  await using second = await PostgresProvider.from(client, options);
  await assertHeard(first, second);
  await assertHeard(second, first);
});

testPostgres(
  "who shares a database in another schema hears nothing, nor does who does not listen",
  async () => {
    await using first = await PostgresProvider.open(testUrl, options);
    await using other = await PostgresProvider.open(testUrl, { schema: elsewhere.name });
    await using silent = await PostgresProvider.open(testUrl, { ...options, listen: false });
    await using second = await PostgresProvider.open(testUrl, options);
    let calls = 0;
    using _other = other.watch(() => calls++);
    using _silent = silent.watch(() => calls++);
    await assertHeard(first, other).catch(() => {});
    calls = 0;
    await assertHeard(first, second);
    assert.equal(calls, 0);
  },
);
