import assert from "node:assert/strict";
import type { NewNote, ProgressNote } from "../../provider/persistence.ts";
import {
  changeRun,
  claim,
  commit,
  type Promises,
  release,
  type Scene,
  sleep,
  startOwned,
  succeed,
  terminate,
  ttl,
} from "./scene.ts";

/** What running steps say of how far they are. */
export const notePromises: Promises = {
  "a note is kept until the next one of its run": async (scene) => {
    await startOwned(scene, "run");
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "1 of 2" });
    assert.equal(await noteOf(scene, "run"), "1 of 2");
    scene.clock.advance(1);
    await put(scene, { text: "2 of 2" });
    const at = scene.clock.now();
    const note: ProgressNote = { text: "2 of 2", stepKey: "a", pointerId: 1, attempt: 1, at };
    assert.deepEqual((await scene.store.notes(["run"])).get("run"), note);
  },
  "of several notes of a run the last is kept, and each run has its own": async (scene) => {
    for (const runId of ["run", "other", "silent"]) await startOwned(scene, runId);
    await put(scene, { text: "first" }, { runId: "other", text: "other" }, { text: "last" });
    const notes = await scene.store.notes(["other", "run", "silent", "unknown", "run"]);
    assert.deepEqual(
      new Map([...notes].map(([runId, { text }]) => [runId, text])),
      new Map([["other", "other"], ["run", "last"]]),
    );
    assert.deepEqual([...(await scene.store.notes(["run"])).keys()], ["run"]);
    assert.equal((await scene.store.notes([])).size, 0);
  },
  "a note changes nothing else of its run": async (scene) => {
    const { instance, pointers } = await startOwned(scene, "run");
    await put(scene, { text: "half" });
    assert.deepEqual(await scene.store.get("run"), instance);
    assert.deepEqual(await scene.store.pointers("run"), [...pointers]);
  },
  "a commit leaves the note of a step that goes on": async (scene) => {
    const state = await startOwned(scene, "run");
    await put(scene, { text: "half" });
    await changeRun(scene, "run", (change) => change.set({ data: { n: 1 } }));
    assert.equal(await noteOf(scene, "run"), "half");
    assert.equal(state.instance.epoch, 1);
  },
  "the note of a step that has ended is shown no more, and none is kept of it": async (scene) => {
    const state = await startOwned(scene, "run");
    await put(scene, { text: "half" });
    await commit(scene, succeed(scene, state));
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { pointerId: 2, text: "next step" });
    await put(scene, { text: "late" });
    assert.equal(await noteOf(scene, "run"), "next step");
  },
  "the note of a step that sleeps is shown, until another attempt begins": async (scene) => {
    const state = await startOwned(scene, "run");
    await put(scene, { text: "waiting for the bank" });
    await commit(scene, sleep(scene, state, 1_000));
    assert.equal(await noteOf(scene, "run"), "waiting for the bank");
    await put(scene, { text: "waiting for the bank to open" });
    assert.equal(await noteOf(scene, "run"), "waiting for the bank to open");
    scene.clock.advance(1_000);
    await claim(scene, "host-1");
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "of the attempt before", epoch: 2 });
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "at the bank", epoch: 2, attempt: 2 });
    assert.equal(await noteOf(scene, "run"), "at the bank");
    await put(scene, { text: "of the attempt before", epoch: 2 });
    assert.equal(await noteOf(scene, "run"), "at the bank");
  },
  "a host that has lost a run cannot change its note": async (scene) => {
    await startOwned(scene, "run");
    await put(scene, { text: "by the first" });
    scene.clock.advance(ttl + 1);
    await scene.store.renewHost({ incarnation: "host-2", pid: 2 }, ttl);
    assert.equal(await noteOf(scene, "run"), "by the first");
    assert.equal((await claim(scene, "host-2")).length, 1);
    await put(scene, { text: "late", attempt: 2 });
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "by the second", attempt: 2, epoch: 2 });
    assert.equal(await noteOf(scene, "run"), "by the second");
  },
  "the note of a run that was terminated is shown no more": async (scene) => {
    await startOwned(scene, "run");
    await put(scene, { text: "half" });
    await scene.store.change("run", (state) => terminate(scene, state));
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "late" });
    assert.equal(await noteOf(scene, "run"), undefined);
  },
  "a step that is let go keeps its note until it begins again": async (scene) => {
    const state = await startOwned(scene, "run");
    await put(scene, { text: "half" });
    await commit(scene, release(scene, state));
    assert.equal(await noteOf(scene, "run"), "half");
    await claim(scene, "host-1");
    assert.equal(await noteOf(scene, "run"), undefined);
  },
  "notes of a run or an activation that does not exist are left out, and the others are kept": async (
    scene,
  ) => {
    await startOwned(scene, "run");
    await put(scene, { runId: "unknown", text: "lost" }, { text: "kept" }, { pointerId: 9, text: "lost" });
    assert.equal(await noteOf(scene, "run"), "kept");
    assert.equal((await scene.store.notes(["unknown"])).size, 0);
  },
  "notes keep odd text; NUL and half characters become visible signs": async (scene) => {
    await startOwned(scene, "run");
    for (const text of ["", " ", "ä 'x' \"👍\"", "\u001b[31m", "a\0b\ud800"]) {
      await put(scene, { text });
      assert.equal(await noteOf(scene, "run"), text.replace("\0", "\u2400").replace("\ud800", "\ufffd"));
    }
  },
  "another connection sees a note; a purged run has none": async (scene) => {
    await startOwned(scene, "run");
    await put(scene, { text: "half" });
    const other = await scene.connect();
    assert.equal((await other.notes(["run"])).get("run")?.text, "half");
    await scene.store.change("run", (state) => terminate(scene, state));
    await scene.store.purge({ endedBefore: scene.clock.now() + 1 }, 9);
    await startOwned(scene, "run");
    assert.equal(await noteOf(scene, "run"), undefined);
  },
  "the note of a run that was purged is not kept for the run that has its id now": async (scene) => {
    const { store, clock } = scene;
    const { createdAt } = (await startOwned(scene, "run")).instance;
    await store.change("run", (state) => terminate(scene, state));
    clock.advance(1);
    await store.purge({ endedBefore: clock.now() }, 9);
    await startOwned(scene, "run");
    await put(scene, { text: "late", createdAt });
    assert.equal(await noteOf(scene, "run"), undefined);
    await put(scene, { text: "now" });
    assert.equal(await noteOf(scene, "run"), "now");
  },
};

/** Puts notes of the first attempt of the first activation of "run", unless said otherwise. */
async function put({ store, clock }: Scene, ...notes: readonly Partial<NewNote>[]): Promise<void> {
  const usual = { runId: "run", epoch: 1, pointerId: 1, attempt: 1, text: "", at: clock.now() };
  const complete: NewNote[] = [];
  for (const note of notes) {
    const createdAt = (await store.get(note.runId ?? usual.runId))?.createdAt ?? 0;
    complete.push({ ...usual, createdAt, ...note });
  }
  await store.putNotes(complete);
}

async function noteOf({ store }: Scene, runId: string): Promise<string | undefined> {
  return (await store.notes([runId])).get(runId)?.text;
}
