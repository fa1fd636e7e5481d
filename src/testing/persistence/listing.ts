import assert from "node:assert/strict";
import { commit, definition, ids, type Promises, type Scene, start, startOwned, succeed } from "./scene.ts";

/** Finding runs. */
export const listingPromises: Promises = {
  "list() gives the newest first, of one moment the greater id": async (scene) => {
    await start(scene, "old");
    scene.clock.advance(1);
    for (const id of ["b", "a", "c"]) await start(scene, id);
    assert.deepEqual(ids(await scene.store.list({ limit: 10 })), ["c", "b", "a", "old"]);
    assert.deepEqual((await scene.store.list({ limit: 10 }))[0], await scene.store.get("c"));
  },
  "list() goes on behind the last of a page while runs are added": async (scene) => {
    for (let n = 0; n < 5; n++) {
      await start(scene, `run-${n}`);
      if (n % 2 === 0) scene.clock.advance(1);
    }
    const first = await scene.store.list({ limit: 2 });
    scene.clock.advance(1);
    await start(scene, "new");
    const second = await scene.store.list({ limit: 2, after: first[1]! });
    const third = await scene.store.list({ limit: 2, after: second[1]! });
    assert.deepEqual(ids([...first, ...second, ...third]), ["run-4", "run-3", "run-2", "run-1", "run-0"]);
  },
  "list() filters by status, definition and the beginning of the id": async (scene) => {
    await startOwned(scene, "ab-1");
    let state = await startOwned(scene, "ab-2");
    for (let n = 0; n < 3; n++) state = await commit(scene, succeed(scene, state));
    await startOwned(scene, "a%", { definition: { ...definition, id: "other" } });
    const list = async (filter: object) => ids(await scene.store.list({ limit: 10, ...filter }));
    assert.deepEqual(await list({ status: ["Complete"] }), ["ab-2"]);
    assert.deepEqual(await list({ status: ["Runnable", "Failed"] }), ["ab-1", "a%"]);
    assert.deepEqual(await list({ status: [] }), []);
    assert.deepEqual(await list({ definitionId: "other" }), ["a%"]);
    assert.deepEqual(await list({ idPrefix: "ab" }), ["ab-2", "ab-1"]);
    assert.deepEqual(await list({ idPrefix: "a%" }), ["a%"]);
    assert.deepEqual(await list({ idPrefix: "a_" }), []);
    assert.deepEqual(await list({ idPrefix: "ab", definitionId: "contract", status: ["Runnable"] }), [
      "ab-1",
    ]);
  },
  "list() filters by reference, exactly": async (scene) => {
    for (
      const [id, reference] of [["a", "order 7"], ["b", "order 70"], ["c", "Order 7"], ["d", null]] as const
    ) {
      await start(scene, id, { reference });
    }
    assert.deepEqual(ids(await scene.store.list({ limit: 9, reference: "order 7" })), ["a"]);
    assert.deepEqual(ids(await scene.store.list({ limit: 9, reference: "%" })), []);
    assert.deepEqual(ids(await scene.store.list({ limit: 9, reference: "order 7", idPrefix: "b" })), []);
  },
  "list() filters by the time of the start: from it, and before it": async (scene) => {
    const first = scene.clock.now();
    for (const id of ["a", "b", "c"]) {
      await start(scene, id);
      scene.clock.advance(10);
    }
    const list = async (filter: { createdFrom?: number; createdBefore?: number }) =>
      ids(await scene.store.list({ limit: 9, ...filter }));
    assert.deepEqual(await list({ createdFrom: first + 10 }), ["c", "b"]);
    assert.deepEqual(await list({ createdBefore: first + 10 }), ["a"]);
    assert.deepEqual(await list({ createdFrom: first + 1, createdBefore: first + 20 }), ["b"]);
    assert.deepEqual(await list({ createdFrom: first + 11, createdBefore: first + 20 }), []);
  },
  "list() goes through many runs of one moment, each once, while others are added": async (scene) => {
    const before = Array.from({ length: 20 }, (_, n) => `run-${n}`);
    for (const id of before) await start(scene, id);
    const listed: string[] = [];
    for (let page = await scene.store.list({ limit: 3 }); page.length > 0;) {
      listed.push(...ids(page));
      const last = page.at(-1)!;
      // Behind all pages so far and ahead of them: of one moment, the greater id comes first.
      await start(scene, `${last.id}-ahead`);
      page = await scene.store.list({ limit: 3, after: last });
    }
    assert.deepEqual(listed, before.toSorted().toReversed());
  },
  "list() applies filter and page together": async (scene) => {
    for (let n = 0; n < 10; n++) await start(scene, `run-${n}`, { reference: n % 2 ? "odd" : "even" });
    const pages = await pagesOf(scene, { reference: "odd" }, 2);
    assert.deepEqual(pages, [["run-9", "run-7"], ["run-5", "run-3"], ["run-1"]]);
  },
};

async function pagesOf({ store }: Scene, filter: object, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let page = await store.list({ limit, ...filter }); page.length > 0;) {
    pages.push(ids(page));
    page = await store.list({ limit, ...filter, after: page.at(-1)! });
  }
  return pages;
}
