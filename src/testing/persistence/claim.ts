import assert from "node:assert/strict";
import { claimInstance } from "../../instance/claim.ts";
import { terminateInstance } from "../../instance/control.ts";
import {
  claim,
  commit,
  enter,
  ids,
  moment,
  type Promises,
  sleep,
  start,
  startOwned,
  succeed,
  ttl,
} from "./scene.ts";

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
    const open = [...state!.pointers].map(([id, { stepKey, attempt }]) => ({ id, stepKey, attempt }));
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
    await scene.store.change("run", (state) => terminateInstance(state, null, moment(scene.clock)));
    await enter(scene, "host-1");
    assert.deepEqual(await claim(scene, "host-1"), []);
  },
  "a failing `take` takes nothing": async (scene) => {
    await start(scene, "run");
    await enter(scene, "host-1");
    const take = () => {
      throw new RangeError("refused");
    };
    await assert.rejects(scene.store.claim({ incarnation: "host-1", limit: 1, take }), RangeError);
    assert.equal((await scene.store.get("run"))?.epoch, 0);
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
        const take = (state: Parameters<typeof claimInstance>[0]) =>
          claimInstance(state, host, moment(scene.clock));
        const advances = await store.claim({ incarnation: host, limit: 7, take });
        own.push(...ids(advances.map(({ state }) => state)));
        got = advances.length;
      }
      return own;
    }));
    assert.deepEqual(taken.flat().sort(), all.toSorted());
  },
};
