import assert from "node:assert/strict";
import type { StepFailure } from "../../instance/instance.ts";
import type { Change } from "../../instance/transition.ts";
import {
  changeRun,
  commit,
  type Promises,
  type Scene,
  start,
  startOwned,
  succeed,
  terminate,
} from "./scene.ts";

/** Summaries of runs, many at a time. */
export const summaryPromises: Promises = {
  "summaries() tells of several runs where they stand, and nothing of their data": async (scene) => {
    const { store, clock } = scene;
    const attributes = { customer: "ACME", tags: ["ä", "'"], urgent: true };
    await start(scene, "a", { data: { secret: 1 }, vars: { secret: 2 }, reference: "order 'ä'", attributes });
    clock.advance(5);
    await start(scene, "b");
    await store.change("b", (state) => terminate(scene, state, "by hand"));
    const summaries = await store.summaries(["b", "unknown", "a", "b"]);
    const common = { definitionId: "contract", version: 1, steps: ["a"], errors: [] };
    assert.deepEqual(summaries.get("a"), {
      ...common,
      id: "a",
      createdAt: clock.now() - 5,
      sequence: 1,
      status: "Runnable",
      reference: "order 'ä'",
      attributes,
      reason: null,
      endedAt: null,
    });
    assert.deepEqual(summaries.get("b"), {
      ...common,
      id: "b",
      createdAt: clock.now(),
      sequence: 2,
      status: "Terminated",
      reference: null,
      attributes: {},
      reason: "by hand",
      endedAt: clock.now(),
    });
    assert.equal(summaries.size, 2);
    assert.equal((await store.summaries([])).size, 0);
  },
  "summaries() tells of many runs each its own": async (scene) => {
    const runIds = Array.from({ length: 150 }, (_, n) => `run-${n}`);
    for (const runId of runIds) {
      await start(scene, runId, { reference: `of ${runId}` }, failing([runId], `step of ${runId}`));
    }
    const summaries = await scene.store.summaries(runIds);
    const told = runIds.map((runId) => summaries.get(runId)!).map(({ reference, steps, errors }) => [
      reference,
      steps,
      errors.map(({ message }) => message),
    ]);
    assert.deepEqual(told, runIds.map((runId) => [`of ${runId}`, [`step of ${runId}`], [runId]]));
  },
  "a summary has the keys of all steps that have begun, each once, sorted": async (scene) => {
    let state = await startOwned(scene, "run");
    for (let n = 0; n < 2; n++) state = await commit(scene, succeed(scene, state));
    assert.deepEqual((await summary(scene)).steps, ["a", "b", "c"]);
    await commit(scene, succeed(scene, state));
    await changeRun(scene, "run", (change) => {
      for (const stepKey of ["a", "ä", "B", "a"]) settled(change, { stepKey });
    });
    assert.deepEqual((await summary(scene)).steps, ["B", "a", "b", "c", "ä"]);
  },
  "a summary has the errors of the run and of its activations, each once, in the order of creation": async (
    scene,
  ) => {
    await start(scene, "run", {}, failing(["second", "first", "second"]));
    const lost = { ...failure('["lost"]\n'), type: "ConnectionError", code: "LOST" };
    await changeRun(scene, "run", (change) => {
      for (const step of ["a", "b"]) settled(change, { stepKey: step, error: { ...lost, step } });
      change.set({ error: { ...failure("first"), step: "run", attempt: 9 } });
    });
    assert.deepEqual((await summary(scene)).errors, [
      { type: "Error", code: null, message: "first" },
      { type: "Error", code: null, message: "second" },
      { type: "ConnectionError", code: "LOST", message: '["lost"]\n' },
    ]);
  },
  "a summary is short: the first 100 different errors, of each text the first 2,000 characters": async (
    scene,
  ) => {
    const messages = Array.from({ length: 300 }, (_, n) => `${Math.floor(n / 2)} ${"👍€".repeat(5_000)}`);
    await start(scene, "run", {}, failing(messages));
    const { errors } = await summary(scene);
    assert.deepEqual(errors.map(({ message }) => Number(message.split(" ")[0])), [...Array(100).keys()]);
    for (const { message } of errors) assert.ok(message.length === 2_000 && message.isWellFormed());
  },
  "a summary is of a run as it is, whatever it was": async (scene) => {
    const { store, clock } = scene;
    await start(scene, "run", { attributes: { kind: "old" } }, failing(["old"]));
    await changeRun(scene, "run", (change) => change.set({ attributes: { kind: "new" } }));
    const { sequence, attributes } = await summary(scene);
    assert.deepEqual([sequence, attributes], [2, { kind: "new" }]);
    await store.change("run", (state) => terminate(scene, state));
    await store.purge({ endedBefore: clock.now() + 1 }, 9);
    assert.equal((await store.summaries(["run"])).size, 0);
    await start(scene, "run");
    assert.deepEqual((await summary(scene)).errors, []);
  },
  "a summary is frozen": async (scene) => {
    await start(scene, "run", { attributes: { tags: ["x"] } }, failing(["lost"]));
    const told = await summary(scene);
    const { attributes, steps, errors } = told;
    const parts = [told, attributes, attributes["tags"], steps, errors, errors[0]];
    assert.deepEqual(parts.map(Object.isFrozen), parts.map(() => true));
  },
};

async function summary({ store }: Scene) {
  return (await store.summaries(["run"])).get("run")!;
}

/** Makes activations that have failed. */
function failing(messages: readonly string[], stepKey = "a"): (change: Change) => void {
  return (change) => {
    for (const message of messages) settled(change, { stepKey, error: failure(message) });
  };
}

function settled(
  change: Change,
  { stepKey, error = null }: { readonly stepKey: string; readonly error?: StepFailure | null },
): void {
  const status = error ? "Failed" : "Complete";
  change.create({ stepKey, parent: null, branch: 0, item: null, status, open: false, endedAt: 1, error });
}

function failure(message: string): StepFailure {
  return { type: "Error", message, code: null, stack: "at x".repeat(100), step: "a", attempt: 1 };
}
