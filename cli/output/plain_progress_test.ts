import { deepEqual, equal } from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { RecordingSink } from "../testing_io.ts";
import { PlainProgress } from "./plain_progress.ts";
import { RunView } from "./run_view.ts";
import {
  logLine,
  sampleDefinition,
  sampleFailure,
  samplePointer,
  sampleRun,
  stepEvent,
  stepNote,
} from "./testing_run.ts";

function progress(pointers = [samplePointer()]) {
  const sink = new RecordingSink();
  return { sink, progress: new PlainProgress(sink, new RunView(sampleDefinition, pointers)) };
}

Deno.test("plain progress prefixes output with its step and tells of every step", () => {
  const { sink, progress: plain } = progress();
  plain.begin("run-1");
  plain.event(stepEvent("StepStarted"));
  plain.log(logLine("compiling\x1b[2J\tall"));
  const message = "Command ended with exit code 1. Last lines:\nno";
  const error = { ...sampleFailure, attempt: 1, message };
  plain.event(stepEvent("StepRetrying", { error, dueAt: 7_000 }));
  plain.event(stepEvent("StepStarted", { attempt: 2 }));
  plain.event(stepEvent("StepCompleted", { attempt: 2 }));
  deepEqual(sink.lines, [
    "deploy 2 · run run-1",
    "✓ Lint recorded before",
    "▶ Build all",
    "Build all | compiling\tall",
    "↻ Build all 1.0s again in 5.0s: Command ended with exit code 1.",
    "▶ Build all (attempt 2)",
    "✓ Build all 1.0s (attempt 2)",
  ]);
});

Deno.test("plain progress tells what a step says of how far it is, once a second, and its last word before its end", () => {
  const sink = new RecordingSink();
  const clock = new ManualClock();
  using plain = new PlainProgress(sink, new RunView(sampleDefinition, []), clock);
  plain.event(stepEvent("StepStarted"));
  plain.event(stepEvent("StepStarted", { pointerId: 3, stepKey: "Notify" }));
  for (let n = 1; n <= 100; n++) plain.stepNote(stepNote(`${n} of 300\x1b[2J`));
  plain.stepNote(stepNote("calling", { pointerId: 3, stepKey: "Notify" }));
  clock.advance(1_000);
  for (let n = 101; n <= 200; n++) plain.stepNote(stepNote(`${n} of 300`));
  clock.advance(10_000);
  plain.stepNote(stepNote("201 of 300"));
  plain.stepNote(stepNote("202 of 300"));
  plain.event(stepEvent("StepFailed"));
  clock.advance(10_000);
  deepEqual(sink.lines, [
    "▶ Build all",
    "▶ Notify",
    "Build all · 1 of 300",
    "Notify · calling",
    "Build all · 100 of 300",
    "Build all · 200 of 300",
    "Build all · 201 of 300",
    "Build all · 202 of 300",
    "✗ Build all 1.0s",
  ]);
  equal(clock.nextTimer(), null);
});

Deno.test("plain progress tells an undo from its step, and of what waits, was skipped or undone", () => {
  const { sink, progress: plain } = progress([]);
  plain.event(stepEvent("StepCompensating", { pointerId: 3, undoes: 2 }));
  plain.log({ ...logLine("paying back"), pointerId: 3 });
  plain.event(stepEvent("StepCompensated", { pointerId: 3, undoes: 2 }));
  plain.event(stepEvent("StepCompensated", { pointerId: 4, stepKey: "Lint" }));
  plain.event(stepEvent("StepWaiting", { pointerId: 5, stepKey: "Notify" }));
  plain.event(stepEvent("StepWaiting", { pointerId: 5, stepKey: "Notify", dueAt: 5_000 }));
  plain.event(stepEvent("StepSkipped", { pointerId: 5, stepKey: "Notify" }));
  deepEqual(sink.lines, [
    "▶ undo of Build all",
    "undo of Build all | paying back",
    "✓ undo of Build all 1.0s",
    "↶ Lint undone 1.0s",
    "◷ Notify waits",
    "◷ Notify waits 3.0s",
    "⊘ Notify skipped",
  ]);
});

Deno.test("plain progress ends with the status, the time and the id of the run", () => {
  const { sink, progress: plain } = progress();
  plain.end({ run: sampleRun(), interrupted: false, elapsed: 4_200, target: "run-1" });
  deepEqual(sink.lines, ["", "✓ deploy complete in 4.2s · run run-1"]);
});

Deno.test("plain progress ends with the failing step's error and the command that continues", () => {
  const { sink, progress: plain } = progress();
  const run = sampleRun({ status: "Failed", error: sampleFailure });
  plain.end({ run, interrupted: false, elapsed: 4_200, target: "run-1" });
  deepEqual(sink.lines, [
    "",
    "✗ deploy failed after 4.2s · run run-1",
    "",
    "Step Build all, attempt 2:",
    "  Command ended with exit code 1",
    "  last line",
    "",
    "Continue with: wfe resume run-1",
  ]);
});

Deno.test("plain progress names the command that continues after an interruption", () => {
  const { sink, progress: plain } = progress();
  const run = sampleRun({ status: "Runnable", endedAt: null });
  plain.end({ run, interrupted: true, elapsed: 4_200, target: "run-1 --db x.db" });
  equal(sink.lines[1], "⊘ deploy interrupted after 4.2s · run run-1");
  equal(sink.lines.at(-1), "Continue with: wfe resume run-1 --db x.db");
});
