import { deepEqual, equal } from "node:assert/strict";
import { recordingIo } from "../testing_io.ts";
import { JsonProgress } from "./json_progress.ts";
import { RunView } from "./run_view.ts";
import { logLine, sampleDefinition, sampleRun, stepEvent, stepNote } from "./testing_run.ts";

Deno.test("JSON progress writes one object a line on standard output, the run last, and nothing else", () => {
  const io = recordingIo();
  const progress = new JsonProgress(io, new RunView(sampleDefinition, []));
  progress.begin();
  progress.event({
    type: "WorkflowStarted",
    runId: "run-1",
    definitionId: "deploy",
    sequence: 1,
    at: 1_000,
    reason: null,
  });
  progress.event(stepEvent("StepStarted"));
  progress.log(logLine("a\nb\x1b[31m"));
  progress.stepNote(stepNote("1 of 2"));
  progress.note("stopping…");
  progress.end({ run: sampleRun(), interrupted: false, elapsed: 1, target: "run-1" });
  const [started, step, log, note, run, ...rest] = io.stdout.lines.map((line) => JSON.parse(line));
  deepEqual(rest, []);
  equal(started.type, "WorkflowStarted");
  deepEqual([step.type, step.step, step.startedAt, step.dueAt], [
    "StepStarted",
    "Build all",
    "1970-01-01T00:00:01.000Z",
    null,
  ]);
  deepEqual(log, {
    type: "log",
    runId: "run-1",
    step: "Build all",
    attempt: 1,
    stream: "stdout",
    text: "a\nb\x1b[31m",
    at: "1970-01-01T00:00:01.500Z",
  });
  deepEqual(note, {
    type: "note",
    runId: "run-1",
    step: "Build all",
    attempt: 1,
    text: "1 of 2",
    at: "1970-01-01T00:00:01.500Z",
  });
  deepEqual(run, { type: "run", runId: "run-1", status: "Complete", data: { version: "007" } });
  equal(io.stderr.text, "stopping…\n");
});

Deno.test("JSON progress names the command that continues on standard error", () => {
  const io = recordingIo();
  const progress = new JsonProgress(io, new RunView(sampleDefinition, []));
  progress.end({
    run: sampleRun({ status: "Runnable" }),
    interrupted: true,
    elapsed: 1,
    target: "run-1",
  });
  equal(io.stderr.text, "Continue with: wfe resume run-1\n");
  equal(JSON.parse(io.stdout.text).status, "Runnable");
});
