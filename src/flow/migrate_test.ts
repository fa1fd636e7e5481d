import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { migrateInstance } from "./migrate.ts";
import { Scene } from "./testing_scene.ts";

const work = () => {};
const start = new WorkflowBuilder().startWith(work).name("One");
const first = start.then(work).name("Two").build("w", 1);

/** What becomes of a run of `from`, which stands before its first body, under another definition. */
function migrate(to: WorkflowDefinition, from = first, scene = new Scene(from)) {
  return migrateInstance(scene.state, from, { definition: to, hash: "new" }, scene.moment);
}

Deno.test("a run moves to a version that has what it stands at: it starts that again there, under a higher epoch", () => {
  const advance = migrate(start.then(work).name("Between").then(work).name("Three").build("w", 2));
  ok(typeof advance === "object");
  const { instance, pointers } = advance.state;
  deepEqual([instance.version, instance.definitionHash, instance.epoch, instance.owner], [2, "new", 2, null]);
  deepEqual([...pointers].map(({ stepKey, status }) => [stepKey, status]), [["One", "Pending"]]);
  deepEqual(advance.transition.events.map(({ type }) => type), ["StepInterrupted", "WorkflowMigrated"]);
  equal(instance.nextWake, 0);
});

Deno.test("what waits goes on waiting in the other version, and a parked run is tried there", () => {
  const waiting = new WorkflowBuilder().waitFor("paid", "7").name("Wait").build("w", 1);
  const advance = migrate(
    new WorkflowBuilder().waitFor("paid", "7").name("Wait").endWorkflow().build("w", 2),
    waiting,
  );
  ok(typeof advance === "object");
  deepEqual([...advance.state.pointers].map(({ status }) => status), ["Waiting"]);
  equal(advance.state.instance.parkedReason, null);
});

const misfits: readonly (readonly [name: string, to: WorkflowDefinition, says: string])[] = [
  [
    "a version without the step",
    new WorkflowBuilder().startWith(work).name("Two").build("w", 2),
    'step "One", where it stands, is not in version 2',
  ],
  [
    "a version where the step is of another type",
    new WorkflowBuilder().startWith({ type: "shell" }).name("One").build("w", 3),
    'step "One", where it stands, is of type "shell" instead of "code" in version 3',
  ],
  [
    "a version where the step has other branches",
    start.do((b) => b.then(work).name("In")).build("w", 2),
    'step "One", where it stands, has 1 branches instead of 0 in version 2',
  ],
];

for (const [name, to, says] of misfits) {
  Deno.test(`a run does not move to ${name}`, () => equal(migrate(to), says));
}

Deno.test("steps with the same branches fit, whatever is in them", () => {
  const split = (body: () => void) =>
    new WorkflowBuilder().parallel((p) => p.branch((b) => b.then(body).name("In"))).name("Split");
  ok(typeof migrate(split(() => {}).build("w", 2), split(work).build("w", 1)) === "object");
});
