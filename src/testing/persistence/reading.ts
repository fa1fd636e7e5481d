import assert from "node:assert/strict";
import type { LogLine } from "../../provider/persistence.ts";
import { awkward } from "./awkward.ts";
import { commit, enter, type Promises, type Scene, start, startOwned, succeed } from "./scene.ts";
import { event, mailed, publish, startWaiting } from "./waits.ts";

/** Reading runs and logs, and that what was written comes back. */
export const readingPromises: Promises = {
  "get() of a run that does not exist is null": async ({ store }) => {
    assert.equal(await store.get("unknown"), null);
    assert.deepEqual(await store.pointers("unknown"), []);
  },
  "what is read is frozen": async (scene) => {
    await startOwned(scene, "run", { data: { deep: [{}] } });
    const instance = await scene.store.get("run");
    const [pointer] = await scene.store.pointers("run");
    const deep = (instance?.data["deep"] as readonly object[])[0];
    assert.ok([instance, instance?.data, deep, pointer].every(Object.isFrozen));
  },
  "messages, what is kept for sinks and log lines are frozen too": async (scene) => {
    const { store } = scene;
    await store.openSink("sink");
    await startWaiting(scene, "run");
    await publish(scene, event({ deep: [{}] }));
    await store.send("run", { kind: "resume", reason: null });
    await store.appendLog([line(scene, "text")]);
    const [mail, message] = await store.mail("run", 0);
    assert.ok(mail?.kind === "event");
    const { deep } = mail.event.data as { readonly deep: readonly object[] };
    const [entry] = await store.readOutbox("sink", 1);
    const [text] = await store.readLog("run", { limit: 1 });
    const read = [mail, mail.event, mail.event.data, deep, deep[0], message, entry, entry?.event, text];
    assert.deepEqual(read.map(Object.isFrozen), read.map(() => true));
  },
  "what is kept does not change with what it was made of": async (scene) => {
    const { store } = scene;
    const given = () => ({ list: [1] });
    const [data, vars, output, said] = [given(), given(), given(), given()];
    const state = await startOwned(scene, "run", { data, vars });
    await commit(scene, succeed(scene, state, { output }));
    await startWaiting(scene, "waiting");
    await publish(scene, event(said));
    for (const { list } of [data, vars, output, said]) list.push(2);
    const { data: keptData, vars: keptVars } = (await store.get("run"))!;
    const [pointer] = await store.pointers("run");
    const kept = [keptData, keptVars, pointer?.output, ...await mailed(scene, "waiting")];
    assert.deepEqual(kept, [given(), given(), given(), given()]);
  },
  "pointers() gives all activations in the order of creation": async (scene) => {
    let state = await startOwned(scene, "run");
    for (let n = 0; n < 3; n++) state = await commit(scene, succeed(scene, state, { output: n }));
    const all = (await scene.store.pointers("run")).map(({ id, stepKey, output }) => [id, stepKey, output]);
    assert.deepEqual(all, [[1, "a", 0], [2, "b", 1], [3, "c", 2]]);
  },
  "data, variables and outputs come back as they were": async (scene) => {
    const state = await startOwned(scene, "run", { data: awkward, vars: awkward, reference: "ä 'x' 👍" });
    await commit(scene, succeed(scene, state, { output: awkward, data: { awkward } }));
    const { data, vars, reference } = (await scene.store.get("run"))!;
    const [pointer] = await scene.store.pointers("run");
    assert.deepEqual(data, { awkward });
    assert.deepEqual([vars, pointer?.output, reference], [awkward, awkward, "ä 'x' 👍"]);
  },
  "data and outputs of a mebibyte come back": async (scene) => {
    const big = "x€".repeat(262_144);
    const state = await startOwned(scene, "run", { data: { big } });
    await commit(scene, succeed(scene, state, { output: { big } }));
    const [pointer] = await scene.store.pointers("run");
    assert.ok((await scene.store.get("run"))?.data["big"] === big);
    assert.deepEqual(pointer?.output, { big });
  },
  "members that are undefined are left out": async (scene) => {
    const { instance } = await start(scene, "run", { data: { a: undefined, b: 1 } });
    assert.deepEqual(Object.keys(instance.data), ["b"]);
  },
  "log lines come back in the order they were added, in pages": async (scene) => {
    await start(scene, "run");
    await scene.store.appendLog(["1", "2", "3"].map((text) => line(scene, text)));
    await scene.store.appendLog([line(scene, "4")]);
    const first = await scene.store.readLog("run", { limit: 3 });
    const second = await scene.store.readLog("run", { limit: 3, after: first[2]!.seq });
    assert.deepEqual([...first, ...second].map(({ text }) => text), ["1", "2", "3", "4"]);
    const { seq: _, ...kept } = first[0]!;
    assert.deepEqual(kept, line(scene, "1"));
  },
  "log lines are kept apart by run and by activation": async (scene) => {
    await start(scene, "run");
    await start(scene, "other");
    await scene.store.appendLog([
      line(scene, "first"),
      { ...line(scene, "second"), pointerId: 2 },
      { ...line(scene, "third"), runId: "other" },
    ]);
    const texts = async (runId: string, pointerId?: number) =>
      (await scene.store.readLog(runId, { limit: 9, ...(pointerId && { pointerId }) })).map(({ text }) =>
        text
      );
    assert.deepEqual(await texts("run"), ["first", "second"]);
    assert.deepEqual(await texts("run", 2), ["second"]);
    assert.deepEqual(await texts("other"), ["third"]);
  },
  "log lines keep odd text; NUL becomes its visible sign": async (scene) => {
    await start(scene, "run");
    const odd = ["", " ", "\u001b[31mred\u001b[0m", "tab\t", "\ufffd", "x".repeat(100_000)];
    await scene.store.appendLog([...odd, "a\0b", "\ud800"].map((text) => line(scene, text)));
    const texts = (await scene.store.readLog("run", { limit: 99 })).map(({ text }) => text);
    assert.deepEqual(texts, [...odd, "a\u2400b", "\ufffd"]);
  },
  "log lines of a run that does not exist are left out": async (scene) => {
    await start(scene, "run");
    await scene.store.appendLog([{ ...line(scene, "lost"), runId: "unknown" }, line(scene, "kept")]);
    assert.deepEqual(await scene.store.readLog("unknown", { limit: 9 }), []);
    assert.equal((await scene.store.readLog("run", { limit: 9 })).length, 1);
  },
  "another connection sees what was written": async (scene) => {
    await startOwned(scene, "run");
    const other = await scene.connect();
    assert.deepEqual(await other.get("run"), await scene.store.get("run"));
    assert.deepEqual((await other.ownerOf("run"))?.incarnation, "host-1");
  },
  "a store that is closed refuses, and says so": async (scene) => {
    await enter(scene, "host-1");
    await scene.store[Symbol.asyncDispose]();
    await assert.rejects(scene.store.get("run"), { code: "STORE", problem: "closed" });
    await assert.rejects(scene.store.commit([]), { code: "STORE", problem: "closed" });
  },
};

function line({ clock }: Scene, text: string): LogLine {
  return { runId: "run", pointerId: 1, attempt: 1, stream: "stdout", text, at: clock.now() };
}
