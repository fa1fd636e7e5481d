import assert from "node:assert/strict";
import { storeDefinition } from "../../definition/hash.ts";
import { longestKey } from "../longest_key.ts";
import { definition, newRun, type Promises, start, stored } from "./scene.ts";

/** Starting runs, and keeping definitions. */
export const createPromises: Promises = {
  "create() keeps the run and its first activation": async (scene) => {
    const more = {
      data: { n: 1 },
      vars: { v: "x" },
      reference: "order 7",
      inputHash: "hash",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    const { state: { instance, pointers } } = newRun(scene.clock, "run", more);
    await start(scene, "run", more);
    assert.deepEqual(await scene.store.get("run"), instance);
    assert.deepEqual(await scene.store.pointers("run"), [...pointers]);
  },
  "create() returns the run as it is kept": async (scene) => {
    const { instance } = await start(scene, "run");
    assert.deepEqual(instance, await scene.store.get("run"));
  },
  "create() refuses an id that exists, and changes nothing": async (scene) => {
    await start(scene, "run", { data: { first: true } });
    await assert.rejects(start(scene, "run", { data: { first: false } }), {
      code: "RUN_EXISTS",
      runId: "run",
    });
    assert.deepEqual((await scene.store.get("run"))?.data, { first: true });
  },
  "create() with a known idempotency key returns the first run and writes nothing": async (scene) => {
    const { store, clock } = scene;
    await start(scene, "first", { idempotencyKey: "key" });
    clock.advance(1);
    const { existed, instance } = await store.create(
      newRun(clock, "second", { idempotencyKey: "key" }).transition,
    );
    assert.deepEqual([existed, instance], [true, await store.get("first")]);
    assert.equal(await store.get("second"), null);
  },
  "create() takes the longest idempotency key and reference, which find the run": async (scene) => {
    const { store, clock } = scene;
    const [idempotencyKey, reference] = [longestKey(1), longestKey(2)];
    await start(scene, "first", { idempotencyKey, reference });
    const { existed } = await store.create(newRun(clock, "second", { idempotencyKey }).transition);
    assert.equal(existed, true);
    assert.deepEqual((await store.list({ limit: 9, reference })).map(({ id }) => id), ["first"]);
  },
  "create() tells new runs from known ones": async ({ store, clock }) => {
    await store.saveDefinition(stored);
    const { existed } = await store.create(newRun(clock, "run", { idempotencyKey: "key" }).transition);
    assert.equal(existed, false);
  },
  "of many create() with one idempotency key at once, one starts the run": async (scene) => {
    const { store, clock } = scene;
    await store.saveDefinition(stored);
    const stores = [store, await scene.connect(), store, await scene.connect()];
    const created = await Promise.all(
      stores.map((store, n) => store.create(newRun(clock, `run-${n}`, { idempotencyKey: "key" }).transition)),
    );
    assert.equal(created.filter(({ existed }) => !existed).length, 1);
    assert.equal(new Set(created.map(({ instance }) => instance.id)).size, 1);
  },
  "create() needs a definition that is kept": async ({ store, clock }) => {
    await assert.rejects(store.create(newRun(clock, "run").transition), { code: "STORE" });
    assert.equal(await store.get("run"), null);
  },
  "create() for a host that is not entered leaves the run free": async (scene) => {
    const { instance } = await start(scene, "run", { owner: "unknown" });
    assert.equal(instance.owner, null);
  },
  "a definition is kept under its hash, once": async ({ store }) => {
    await store.saveDefinition(stored);
    await store.saveDefinition({ ...stored, content: "other" });
    assert.deepEqual(await store.getDefinition(stored.hash), stored);
  },
  "a definition that is not kept is null": async ({ store }) => {
    assert.equal(await store.getDefinition("unknown"), null);
  },
  "getRevisions() gives the contents of an id and version, newest first": async ({ store }) => {
    const [first, second] = ["1", "2"].map((rev) =>
      storeDefinition({ ...definition, steps: [{ key: "a", type: "code", rev }] })
    );
    const others = [{ ...definition, version: 2 }, { ...definition, id: "other" }].map(storeDefinition);
    for (const each of [first!, second!, ...others]) await store.saveDefinition(each);
    assert.deepEqual(await store.getRevisions("contract", 1), [second, first]);
    assert.deepEqual(await store.getRevisions("contract", 2), [others[0]]);
    assert.deepEqual(await store.getRevisions("unknown", 1), []);
  },
  "a definition that is saved again becomes no newer": async ({ store }) => {
    const second = storeDefinition({ ...definition, description: "changed" });
    for (const each of [stored, second, stored]) await store.saveDefinition(each);
    assert.deepEqual(await store.getRevisions("contract", 1), [second, stored]);
  },
};
