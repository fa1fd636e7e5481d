import { deepEqual } from "node:assert/strict";
import { WorkflowBuilder } from "../../src/definition/builder.ts";
import { RecordingSink } from "../testing_io.ts";
import { PlainProgress } from "./plain_progress.ts";
import { describeRun } from "./run_record.ts";
import { RunView } from "./run_view.ts";
import { samplePointer, sampleRun, stepEvent } from "./testing_run.ts";

const work = () => {};

/** Steps inside steps, and two ways to go. */
const definition = new WorkflowBuilder<{ big: boolean; parts: string[] }>()
  .startWith(work).name("Begin")
  .ifDo((data) => data.big, (b) => b.then(work).name("Split"), (b) => b.then(work).name("Keep")).name("Big?")
  .forEach((data) => data.parts, (b) => b.then(work).name("Part")).name("Parts")
  .decide((data) => data.big).name("Way")
  .outcome(true, (b) => b.saga((s) => s.then(work).name("Ship")).name("By sea"))
  .outcome(false, (b) => b.then(work).name("Carry"))
  .then(work).name("Done")
  .endWorkflow()
  .build("parcel", 1);

const toCome = (view: RunView) => view.toCome.map(({ name, depth }) => "  ".repeat(depth) + name);

Deno.test("toCome has what is inside others below them, until the flow takes another way", () => {
  const view = new RunView(definition, []);
  const inIf = ["  Split", "  Keep"];
  const later = ["Parts", "  Part", "Way", "By sea", "  Ship", "Carry", "Done"];
  deepEqual(toCome(view), ["Begin", "Big?", ...inIf, ...later]);
  view.apply(stepEvent("StepStarted", { pointerId: 1, stepKey: "Begin" }));
  view.apply(stepEvent("StepStarted", { pointerId: 2, stepKey: "Big?" }));
  deepEqual(toCome(view), [...inIf, ...later]);
  view.apply(stepEvent("StepStarted", { pointerId: 3, stepKey: "Keep" }));
  view.apply(stepEvent("StepCompleted", { pointerId: 2, stepKey: "Big?" }));
  deepEqual(toCome(view), later);
  view.apply(stepEvent("StepStarted", { pointerId: 4, stepKey: "Way" }));
  view.apply(stepEvent("StepCompleted", { pointerId: 4, stepKey: "Way", output: false }));
  deepEqual(toCome(view), ["Parts", "  Part", "Carry", "Done"]);
  view.apply(stepEvent("StepStarted", { pointerId: 5, stepKey: "Way" }));
  deepEqual(toCome(view), ["Parts", "  Part", "By sea", "  Ship", "Carry", "Done"]);
});

Deno.test("plain progress indents what is inside others, numbers repetitions, and passes over the end", () => {
  const sink = new RecordingSink();
  const progress = new PlainProgress(sink, new RunView(definition, []));
  progress.event(stepEvent("StepStarted", { pointerId: 1, stepKey: "Parts" }));
  for (const pointerId of [2, 3]) progress.event(stepEvent("StepStarted", { pointerId, stepKey: "Part" }));
  progress.event(stepEvent("StepCompleted", { pointerId: 3, stepKey: "Part" }));
  progress.event(stepEvent("StepCompleted", { pointerId: 9, stepKey: definition.steps.at(-1)!.key }));
  deepEqual(sink.lines, ["▶ Parts", "  ▶ Part", "  ▶ Part #2", "  ✓ Part #2 1.0s"]);
});

Deno.test("describeRun() puts activations below those that they are inside of, undos last", () => {
  const inside = (id: number, stepKey: string, parent: number, branch = 0) =>
    samplePointer({ id, stepKey, parent, branch });
  const pointers = [
    samplePointer({ id: 1, stepKey: "Begin" }),
    samplePointer({ id: 2, stepKey: "Parts" }),
    inside(3, "Part", 2, 1),
    inside(4, "Part", 2, 0),
    samplePointer({ id: 5, stepKey: "Way", output: true }),
    samplePointer({ id: 6, stepKey: "By sea", status: "Compensated" }),
    { ...inside(7, "Ship", 6, -1), status: "Compensated" as const, undoes: 8 },
    { ...inside(8, "Ship", 6), status: "Failed" as const },
  ];
  const record = (status: "Runnable" | "Complete") =>
    describeRun(sampleRun({ status }), definition, pointers).steps.map(({ name, depth = 0, status }) =>
      `${"  ".repeat(depth)}${name} ${status}`
    );
  const reached = [
    "Begin Complete",
    "Parts Complete",
    "  Part #2 Complete",
    "  Part Complete",
    "Way Complete",
    "By sea Compensated",
    "  Ship Failed",
    "  undo of Ship Compensated",
  ];
  const unreached = (...statuses: string[]) =>
    ["Big?", "  Split", "  Keep", "Carry", "Done"].map((name, index) => `${name} ${statuses[index]}`);
  deepEqual(record("Runnable"), [
    ...reached,
    ...unreached("Pending", "Pending", "Pending", "Skipped", "Pending"),
  ]);
  deepEqual(record("Complete"), [...reached, ...unreached(...Array(5).fill("Skipped"))]);
});

Deno.test("a run view of recorded activations knows what will not come", () => {
  const pointers = [
    samplePointer({ id: 1, stepKey: "Begin" }),
    samplePointer({ id: 2, stepKey: "Big?" }),
    samplePointer({ id: 3, stepKey: "Split", parent: 2 }),
    samplePointer({ id: 4, stepKey: "Way", output: true }),
  ];
  const view = new RunView(definition, pointers);
  deepEqual(view.recorded, ["Begin", "Big?", "Split", "Way"]);
  deepEqual([...view.passed], ["Keep", "Carry"]);
  deepEqual(toCome(view), ["Parts", "  Part", "By sea", "  Ship", "Done"]);
});
