import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type AddedStep, WorkflowBuilder } from "../../../src/definition/builder.ts";
import type { WorkflowDefinition } from "../../../src/definition/definition.ts";
import type { JsonObject, JsonValue } from "../../../src/definition/json.ts";
import { DefinitionConflictError, MigrationError, RevisionRefusedError } from "../../../src/engine/errors.ts";
import { whatIsSaid, wrapped } from "../../../src/engine/testing_host.ts";
import type { Cases, Play } from "../cases.ts";
import type { Scene } from "../scene.ts";

/** A workflow whose steps note their names; the one called "wait" waits for an event. */
function steps(scene: Scene, names: readonly string[], version = 1): WorkflowDefinition {
  const [first, ...others] = names as [string, ...string[]];
  let chain: AddedStep<JsonObject, JsonValue> = new WorkflowBuilder()
    .startWith(scene.step(`${first} of ${names.length}`)).name(first);
  for (const name of others) {
    const next = name === "wait"
      ? chain.waitFor("go", "k")
      : chain.then(scene.step(`${name} of ${names.length}`));
    chain = next.name(name);
  }
  return chain.build("changing", version);
}

const old = ["one", "gone", "wait", "two", "three"];

/** What becomes of a run that waits while the program is changed, under new code of the same version. */
const changes: Readonly<Record<string, { readonly now: readonly string[]; readonly parked: string | null }>> =
  {
    "a step added before where it stands": {
      now: ["one", "gone", "new", "wait", "two", "three"],
      parked: null,
    },
    "a step added behind where it stands": {
      now: ["one", "gone", "wait", "new", "two", "three"],
      parked: null,
    },
    "a step removed that is to come": { now: ["one", "gone", "wait", "two"], parked: "three" },
    "a step renamed that is to come": { now: ["one", "gone", "wait", "second", "three"], parked: "two" },
    "a step removed that has run": { now: ["one", "wait", "two", "three"], parked: null },
    "a step renamed that has run": { now: ["first", "gone", "wait", "two", "three"], parked: null },
  };

function changed(): Cases {
  const cases: Record<string, Play> = {};
  for (const [what, { now, parked }] of Object.entries(changes)) {
    const rule = parked === null
      ? "the run keeps the wiring it was started with"
      : `the run is parked before "${parked}", and goes on when it is back`;
    cases[`${what} while a run is in flight: ${rule}`] = async (scene) => {
      const first = await scene.host([steps(scene, old)]);
      const { id } = await scene.start(first, "changing");
      await scene.pass("1s");
      await scene.stop(first);
      const second = await scene.host([steps(scene, now)]);
      await scene.until(second.publishEvent("go", "k"));
      const rest = await scene.until(second.getHandle(id).atRest());
      const of = now.length;
      if (parked === null) {
        equal(rest.status, "Complete");
        deepEqual(scene.effects, ["one of 5", "gone of 5", `two of ${of}`, `three of ${of}`]);
        return;
      }
      equal(rest.status, "Runnable");
      match(rest.parkedReason!, new RegExp(`step "${parked}" of workflow "changing" version 1 has no body`));
      const before = scene.effects.length;
      await scene.pass("1h");
      equal(scene.effects.length, before);
      await scene.stop(second);
      const third = await scene.host([steps(scene, old)]);
      await scene.until(third.getHandle(id).result());
      const back = old.slice(old.indexOf(parked)).map((name) => `${name} of 5`);
      deepEqual(scene.effects.slice(before), back);
    };
  }
  return cases;
}

/** Definitions that change while runs are under way. */
export const versionCases: Cases = {
  ...changed(),

  "a run that a host without its code has parked is taken up by a living one that has it": async (scene) => {
    const definition = new WorkflowBuilder().delay("45s").name("Nap").then(scene.step("late")).name("Late")
      .build("known-to-one", 1);
    // The other host is quicker when the run is due.
    const wasParked = (): boolean => scene.told("WorkflowParked") > 0;
    const slow = wrapped(scene.store, "claim", async (claim) => wasParked() ? await claim() : []);
    const host = await scene.host([definition], { store: slow });
    const run = await scene.start(host, "known-to-one");
    await scene.host([], { store: await scene.connect() });
    await scene.until(run.result());
    deepEqual([wasParked(), scene.effects], [true, ["late"]]);
  },

  "new runs take the new content, with one warning; those under way keep theirs": async (scene) => {
    const first = await scene.host([steps(scene, old)]);
    await scene.start(first, "changing");
    await scene.pass("1s");
    await scene.stop(first);
    const now = ["one", "gone", "wait", "between", "two", "three"];
    const said = await whatIsSaid("warn", async () => {
      const second = await scene.host([steps(scene, now)]);
      for (let n = 0; n < 2; n++) await scene.start(second, "changing");
      await scene.pass("1s");
      await scene.until(second.publishEvent("go", "k"));
      for (const id of ["run-1", "run-2", "run-3"]) await scene.until(second.getHandle(id).result());
    });
    equal(said.length, 1);
    match(String(said[0]), /Workflow "changing" version 1 has changed/);
    const ran = async (runId: string) => (await scene.store.pointers(runId)).map(({ stepKey }) => stepKey);
    deepEqual([await ran("run-1"), await ran("run-2"), await ran("run-3")], [old, now, now]);
  },

  "runs of two versions go on side by side, each with the code of its own": async (scene) => {
    const host = await scene.host([
      steps(scene, ["one", "wait", "two"], 1),
      steps(scene, ["one", "wait"], 2),
    ]);
    const first = await scene.start(host, "changing", {}, { version: 1 });
    const second = await scene.start(host, "changing");
    await scene.pass("1s");
    await scene.until(host.publishEvent("go", "k"));
    for (const run of [first, second]) await scene.until(run.result());
    deepEqual(scene.effects, ["one of 3", "one of 2", "two of 3"]);
    equal((await scene.store.get(second.id))?.version, 2);
  },

  "two contents under one id and version in one process are refused": async (scene) => {
    const host = await scene.host([steps(scene, ["one", "two"])]);
    await rejects(
      async () => await Promise.resolve(host.registerWorkflow(steps(scene, ["one", "other"]))),
      DefinitionConflictError,
    );
    host.registerWorkflow(steps(scene, ["one", "two"]));
  },

  'versions: "strict" refuses to start what has changed, and lets runs under way go on': async (scene) => {
    const first = await scene.host([steps(scene, old)]);
    const { id } = await scene.start(first, "changing");
    await scene.pass("1s");
    await scene.stop(first);
    const second = await scene.host([steps(scene, [...old, "four"])], {
      wire: (builder) => builder.versions("strict"),
    });
    await rejects(scene.start(second, "changing"), RevisionRefusedError);
    await scene.until(second.publishEvent("go", "k"));
    await scene.until(second.getHandle(id).result());
    deepEqual(scene.effects, ["one of 5", "gone of 5", "two of 6", "three of 6"]);
  },

  "migrateWorkflow moves a run to a new version, where what is open is to be found there": async (scene) => {
    const host = await scene.host([
      steps(scene, old, 1),
      steps(scene, ["one", "wait", "new", "two"], 2),
      steps(scene, ["one", "two"], 3),
    ]);
    const run = await scene.start(host, "changing", {}, { version: 1 });
    await scene.pass("1s");
    await rejects(scene.until(host.migrateWorkflow(run.id, { version: 3 })), MigrationError);
    equal((await scene.store.get(run.id))?.version, 1);
    await scene.until(host.migrateWorkflow(run.id, { version: 2 }));
    await scene.until(host.publishEvent("go", "k"));
    await scene.until(run.result());
    deepEqual(scene.effects, ["one of 5", "gone of 5", "new of 4", "two of 4"]);
    await scene.stop(host);
    deepEqual([(await scene.store.get(run.id))?.version, scene.told("WorkflowMigrated")], [2, 1]);
  },
};
