import assert from "node:assert/strict";
import { storeDefinition } from "../../definition/hash.ts";
import {
  claim,
  claimBy,
  commit,
  definition,
  enter,
  ids,
  type Promises,
  sleep,
  start,
  startOwned,
  succeed,
  terminate,
  ttl,
} from "./scene.ts";

/** Whatever happened before. */
const crashes = { from: 0, to: 1_000 };

/** Taking due runs. */
export const claimPromises: Promises = {
  "claim() takes what was due first first": async (scene) => {
    for (const id of ["z", "m", "a"]) {
      await start(scene, id);
      scene.clock.advance(1);
    }
    await enter(scene, "host-1");
    assert.deepEqual(ids(await claim(scene, "host-1")), ["z", "m", "a"]);
  },
  "claim() takes no more than the limit": async (scene) => {
    for (const id of ["a", "b", "c"]) {
      await start(scene, id);
      scene.clock.advance(1);
    }
    await enter(scene, "host-1");
    assert.deepEqual(ids(await claim(scene, "host-1", { limit: 2 })), ["a", "b"]);
  },
  "claim() with `only` takes no other runs": async (scene) => {
    for (const id of ["a", "b", "c"]) await start(scene, id);
    await enter(scene, "host-1");
    assert.deepEqual(ids(await claim(scene, "host-1", { only: ["b", "unknown"] })), ["b"]);
    assert.deepEqual(ids(await claim(scene, "host-1", { only: [] })), []);
  },
  "claim() with `only` takes what was due first first, and nothing that has an owner": async (scene) => {
    for (const id of ["c", "a"]) {
      await commit(scene, sleep(scene, await startOwned(scene, id), 1_000));
      scene.clock.advance(1);
    }
    await startOwned(scene, "owned");
    scene.clock.advance(1_000);
    const only = ["owned", "a", "c"];
    assert.deepEqual(ids(await claim(scene, "host-1", { only, limit: 1 })), ["c"]);
    assert.deepEqual(ids(await claim(scene, "host-1", { only })), ["a"]);
  },
  "claim() with `except` takes no runs of these definitions": async (scene) => {
    const other = { ...definition, version: 2 };
    const { hash } = storeDefinition(other);
    await start(scene, "other", { definition: other });
    await start(scene, "run");
    await enter(scene, "host-1");
    assert.deepEqual(ids(await claim(scene, "host-1", { except: [hash], limit: 1 })), ["run"]);
    assert.deepEqual(ids(await claim(scene, "host-1", { except: ["unknown"] })), ["other"]);
  },
  "claim() takes only runs whose hosts have died so often": async (scene) => {
    for (const n of [0, 1, 2, 3]) {
      await start(scene, `run-${n}`, { crashes: n });
      scene.clock.advance(1);
    }
    await enter(scene, "host-1");
    const claimed = async (from: number, to: number) =>
      ids(await claim(scene, "host-1", { crashes: { from, to } }));
    assert.deepEqual(await claimed(4, 9), []);
    assert.deepEqual(await claimed(1, 2), ["run-1", "run-2"]);
    assert.deepEqual(await claimed(0, 0), ["run-0"]);
    assert.deepEqual(await claimed(0, 3), ["run-3"]);
  },
  "claim() that is restricted in every way takes what is allowed in every way": async (scene) => {
    for (const id of ["a", "b", "c"]) await start(scene, id, { crashes: id === "b" ? 1 : 0 });
    await enter(scene, "host-1");
    const which = { only: ["b", "c"], except: ["unknown"], crashes: { from: 1, to: 1 } };
    assert.deepEqual(ids(await claim(scene, "host-1", which)), ["b"]);
  },
  "claim() raises the epoch and enters the owner": async (scene) => {
    await start(scene, "run");
    await enter(scene, "host-1");
    const [state] = await claim(scene, "host-1");
    const kept = await scene.store.get("run");
    assert.deepEqual([kept?.epoch, kept?.owner], [1, "host-1"]);
    assert.deepEqual(state?.instance, kept);
  },
  "claim() gives the open activations in order, without those that are complete": async (scene) => {
    const first = await startOwned(scene, "run");
    await commit(scene, succeed(scene, first));
    await scene.store.removeHost("host-1");
    await enter(scene, "host-2");
    const [state] = await claim(scene, "host-2");
    const open = [...state!.pointers].map(({ id, stepKey, attempt }) => ({ id, stepKey, attempt }));
    assert.deepEqual(open, [{ id: 2, stepKey: "b", attempt: 2 }]);
  },
  "claim() leaves a run to its living owner": async (scene) => {
    await startOwned(scene, "run");
    await enter(scene, "host-2");
    assert.deepEqual(await claim(scene, "host-2"), []);
  },
  "claim() takes the runs of a host that was removed": async (scene) => {
    await startOwned(scene, "run");
    await scene.store.removeHost("host-1");
    await enter(scene, "host-2");
    assert.deepEqual(ids(await claim(scene, "host-2")), ["run"]);
  },
  "claim() takes the runs of a host whose heartbeat has expired, not before": async (scene) => {
    await startOwned(scene, "run");
    scene.clock.advance(ttl - 1);
    await enter(scene, "host-2");
    assert.deepEqual(await claim(scene, "host-2"), []);
    scene.clock.advance(1);
    assert.deepEqual(ids(await claim(scene, "host-2")), ["run"]);
  },
  "a renewed heartbeat keeps its runs": async (scene) => {
    await startOwned(scene, "run");
    scene.clock.advance(ttl - 1);
    await enter(scene, "host-1");
    scene.clock.advance(ttl - 1);
    await enter(scene, "host-2");
    assert.deepEqual(await claim(scene, "host-2"), []);
  },
  "claim() gives nothing to a host that is not alive": async (scene) => {
    await start(scene, "run");
    assert.deepEqual(await claim(scene, "host-1"), []);
    await enter(scene, "host-1");
    scene.clock.advance(ttl);
    assert.deepEqual(await claim(scene, "host-1"), []);
  },
  "claim() takes a sleeper when it is due, not before": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 500));
    scene.clock.advance(499);
    assert.deepEqual(await claim(scene, "host-1"), []);
    scene.clock.advance(1);
    assert.deepEqual(ids(await claim(scene, "host-1")), ["run"]);
  },
  "claim() takes no run that has ended": async (scene) => {
    await start(scene, "run");
    await scene.store.change("run", (state) => terminate(scene, state));
    await enter(scene, "host-1");
    assert.deepEqual(await claim(scene, "host-1"), []);
  },
  "a failing `take` takes nothing": async (scene) => {
    await start(scene, "run");
    await enter(scene, "host-1");
    const take = () => {
      throw new RangeError("refused");
    };
    await assert.rejects(scene.store.claim({ incarnation: "host-1", limit: 1, crashes, take }), RangeError);
    assert.equal((await scene.store.get("run"))?.epoch, 0);
  },
  "a `take` that fails for one run takes none": async (scene) => {
    for (const id of ["a", "b"]) await start(scene, id);
    await enter(scene, "host-1");
    const take: ReturnType<typeof claimBy> = (state) => {
      if (state.instance.id === "b") throw new RangeError("refused");
      return claimBy(scene.clock, "host-1")(state);
    };
    await assert.rejects(scene.store.claim({ incarnation: "host-1", limit: 9, crashes, take }), RangeError);
    assert.deepEqual([(await scene.store.get("a"))?.epoch, (await scene.store.get("b"))?.epoch], [0, 0]);
  },
  "many claimers at once never take the same run, and take all": async (scene) => {
    const all = Array.from({ length: 60 }, (_, n) => `run-${n}`);
    for (const id of all) await start(scene, id);
    const hosts = ["host-1", "host-2", "host-3", "host-4"];
    for (const host of hosts) await enter(scene, host);
    const taken = await Promise.all(hosts.map(async (host) => {
      const store = await scene.connect();
      const own: string[] = [];
      for (let got = -1; got !== 0;) {
        const take = claimBy(scene.clock, host);
        const advances = await store.claim({ incarnation: host, limit: 7, crashes, take });
        own.push(...ids(advances.map(({ state }) => state)));
        got = advances.length;
      }
      return own;
    }));
    assert.deepEqual(taken.flat().sort(), all.toSorted());
  },
};
