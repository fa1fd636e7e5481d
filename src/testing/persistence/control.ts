import assert from "node:assert/strict";
import { storeDefinition } from "../../definition/hash.ts";
import type { Claimable } from "../../provider/persistence.ts";
import {
  assertLeaseLost,
  claim,
  commit,
  definition,
  enter,
  park,
  type Promises,
  sleep,
  start,
  startOwned,
  succeed,
  terminate,
  ttl,
} from "./scene.ts";

/** Changes from outside, parking and due times. */
export const controlPromises: Promises = {
  "change() writes what follows from the run as it is": async (scene) => {
    const { store } = scene;
    await startOwned(scene, "run");
    const advance = await store.change("run", (state) => terminate(scene, state, "enough"));
    const kept = await store.get("run");
    assert.deepEqual([kept?.status, kept?.reason, kept?.epoch], ["Terminated", "enough", 2]);
    assert.deepEqual(advance?.state.instance, kept);
  },
  "change() to a higher epoch fences the owner": async (scene) => {
    const { transition } = succeed(scene, await startOwned(scene, "run"));
    await scene.store.change("run", (state) => terminate(scene, state));
    assertLeaseLost((await scene.store.commit([transition]))[0], "run");
  },
  "change() that answers null writes nothing": async (scene) => {
    await start(scene, "run");
    assert.equal(await scene.store.change("run", () => null), null);
    assert.equal((await scene.store.get("run"))?.sequence, 1);
  },
  "change() that throws writes nothing and passes the error on": async (scene) => {
    await start(scene, "run");
    const refuse = () => {
      throw new RangeError("refused");
    };
    await assert.rejects(scene.store.change("run", refuse), RangeError);
    await scene.store.change("run", () => null);
    assert.equal((await scene.store.get("run"))?.sequence, 1);
  },
  "change() of a run that does not exist is refused": async ({ store }) => {
    await assert.rejects(store.change("unknown", () => null), { code: "RUN_NOT_FOUND" });
  },
  "a parked run is due at no time, until its definition is unparked": async (scene) => {
    const { store, clock } = scene;
    await commit(scene, park(scene, await startOwned(scene, "run"), "no code"));
    assert.equal(await store.nextDue(), null);
    assert.equal((await store.get("run"))?.parkedReason, "no code");
    const { definitionId, version, definitionHash } = (await store.get("run"))!;
    assert.deepEqual(await store.parked(), [{ definitionId, version, definitionHash }]);
    await store.unpark("another");
    assert.equal(await store.nextDue(), null);
    await store.unpark(definitionHash);
    assert.deepEqual(await store.parked(), []);
    assert.equal(await store.nextDue(), clock.now());
    assert.equal((await claim(scene, "host-1"))[0]?.instance.parkedReason, null);
  },
  "unpark() leaves runs alone that are not parked": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 5000));
    assert.deepEqual(await scene.store.parked(), []);
    await scene.store.unpark((await scene.store.get("run"))!.definitionHash);
    assert.equal(await scene.store.nextDue(), scene.clock.now() + 5000);
  },
  "parked() names each content once, however many runs of it are parked": async (scene) => {
    const other = { ...definition, version: 2 };
    for (const [id, of] of [["1", definition], ["2", definition], ["3", other], ["4", other]] as const) {
      await commit(scene, park(scene, await startOwned(scene, id, { definition: of }), "no code"));
    }
    const versions = (await scene.store.parked()).map(({ version }) => version);
    assert.deepEqual(versions.toSorted(), [1, 2]);
    await scene.store.unpark((await scene.store.get("3"))!.definitionHash);
    const waiting = [];
    for (const id of ["1", "2", "3", "4"]) waiting.push((await scene.store.get(id))!.parkedReason !== null);
    assert.deepEqual(waiting, [true, true, false, false]);
    assert.deepEqual((await scene.store.parked()).map(({ version }) => version), [1]);
  },
  "epochs() gives those of the runs that exist": async (scene) => {
    await startOwned(scene, "owned");
    await start(scene, "free");
    await scene.store.change("free", (state) => terminate(scene, state));
    const epochs = await scene.store.epochs(["owned", "free", "unknown"]);
    assert.deepEqual([...epochs].toSorted(), [["free", 1], ["owned", 1]]);
    assert.deepEqual(await scene.store.epochs([]), new Map());
  },
  "nextDue() is null where nothing will ever be due": async (scene) => {
    assert.equal(await scene.store.nextDue(), null);
    await start(scene, "run");
    await scene.store.change("run", (state) => terminate(scene, state));
    assert.equal(await scene.store.nextDue(), null);
    assert.equal(await scene.store.nextDue({ only: ["run"] }), null);
  },
  "nextDue() is the earliest due time": async (scene) => {
    await commit(scene, sleep(scene, await startOwned(scene, "late"), 5000));
    await commit(scene, sleep(scene, await startOwned(scene, "early"), 3000));
    assert.equal(await scene.store.nextDue(), scene.clock.now() + 3000);
    assert.equal(await scene.store.nextDue({ only: ["late", "unknown"] }), scene.clock.now() + 5000);
    assert.equal(await scene.store.nextDue({ only: [] }), null);
  },
  "nextDue() looks only at what may be claimed": async (scene) => {
    const { store, clock } = scene;
    const other = { ...definition, version: 2 };
    const { hash } = storeDefinition(other);
    await commit(scene, sleep(scene, await startOwned(scene, "other", { definition: other }), 1000));
    await commit(scene, sleep(scene, await startOwned(scene, "crashing", { crashes: 2 }), 2000));
    await commit(scene, sleep(scene, await startOwned(scene, "run"), 3000));
    const within = async (which: Partial<Claimable>) => (await store.nextDue(which) ?? NaN) - clock.now();
    assert.equal(await within({ except: [hash] }), 2000);
    assert.equal(await within({ except: [hash], crashes: { from: 0, to: 1 } }), 3000);
    assert.equal(await within({ crashes: { from: 1, to: 2 } }), 2000);
    assert.equal(await store.nextDue({ only: ["other"], except: [hash] }), null);
    assert.equal(await store.nextDue({ crashes: { from: 3, to: 9 } }), null);
  },
  "nextDue() of a run with a living owner is the end of the owner's heartbeat": async (scene) => {
    const { store, clock } = scene;
    await startOwned(scene, "run");
    assert.equal(await store.nextDue(), clock.now() + ttl);
    assert.equal(await store.nextDue({ only: ["run"] }), clock.now() + ttl);
    await store.removeHost("host-1");
    assert.equal(await store.nextDue(), 0);
  },
  "renewHost() tells a host that it was taken out meanwhile": async (scene) => {
    const { store, clock } = scene;
    const host = { incarnation: "host-9", pid: 9 };
    assert.equal(await store.renewHost(host, ttl), false);
    assert.equal(await store.renewHost(host, ttl), true);
    clock.advance(ttl);
    await store.renewHost({ incarnation: "other", pid: 1 }, ttl);
    assert.deepEqual(await claim(scene, "other"), []);
    assert.equal(await store.renewHost(host, ttl), false);
  },
  "ownerOf() names the living owner": async (scene) => {
    const { store, clock } = scene;
    await enter(scene, "host-7", 77);
    await start(scene, "run");
    assert.equal(await store.ownerOf("run"), null);
    await claim(scene, "host-7");
    assert.deepEqual(await store.ownerOf("run"), { incarnation: "host-7", pid: 77 });
    clock.advance(ttl);
    assert.equal(await store.ownerOf("run"), null);
    assert.equal(await store.ownerOf("unknown"), null);
  },
  "a host that was taken for dead may enter again, without its runs": async (scene) => {
    await startOwned(scene, "run");
    scene.clock.advance(ttl);
    await enter(scene, "host-2");
    await claim(scene, "host-2");
    await enter(scene, "host-1");
    assert.deepEqual((await scene.store.ownerOf("run"))?.incarnation, "host-2");
  },
  "removeHost() of an unknown host does nothing": async ({ store }) => {
    await store.removeHost("unknown");
  },
};
