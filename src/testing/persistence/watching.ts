import assert from "node:assert/strict";
import type { Persistence } from "../../provider/persistence.ts";
import { type Promises, type Scene, start, startOwned, terminate } from "./scene.ts";
import { event, publish, startWaiting } from "./waits.ts";

/** Being told of what other hosts write, where a store offers it. */
export const watchPromises: Promises = {
  "watch() tells of a run that another host has started": (scene) =>
    heard(scene, (other, n) => start({ ...scene, store: other }, `run-${n}`)),
  "watch() tells of mail that another host has sent": async (scene) => {
    await start(scene, "run");
    await heard(scene, (other) => other.send("run", { kind: "suspend", reason: null }));
  },
  "watch() tells of an event that another host has published": async (scene) => {
    await startWaiting(scene, "run");
    await heard(scene, (store, n) => publish({ store }, event(n)));
  },
  "watch() tells of a run that another host has ended": async (scene) => {
    for (let n = 0; n < mostTries; n++) await startOwned(scene, `run-${n}`);
    await heard(scene, (other, n) => other.change(`run-${n}`, (state) => terminate(scene, state)));
  },
  "a watch that is over tells nothing": async (scene) => {
    const other = await scene.connect();
    let calls = 0;
    scene.store.watch?.(() => calls++)[Symbol.dispose]();
    await heard(scene, () => start({ ...scene, store: other }, crypto.randomUUID()));
    assert.equal(calls, 0);
  },
};

/** A call may be lost, so that the other host goes on writing until one comes. */
const mostTries = 20;

async function heard(
  scene: Scene,
  write: (other: Persistence, n: number) => Promise<unknown>,
): Promise<void> {
  const { store } = scene;
  const other = await scene.connect();
  // A store that has no other connection, or does not watch, promises nothing.
  if (other === store || !store.watch) return;
  const called = Promise.withResolvers<true>();
  using _watch = store.watch(() => called.resolve(true));
  for (let n = 0; n < mostTries; n++) {
    await write(other, n);
    const timer = Promise.withResolvers<false>();
    const timeout = setTimeout(timer.resolve, 500, false);
    const isCalled = await Promise.race([called.promise, timer.promise]);
    clearTimeout(timeout);
    if (isCalled) return;
  }
  assert.fail("the watch was not called, whatever another host wrote");
}
