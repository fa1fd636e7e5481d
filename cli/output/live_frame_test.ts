import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { plain } from "../io.ts";
import { liveFrame } from "./live_frame.ts";
import { RunView } from "./run_view.ts";
import { sampleDefinition, sampleFailure, stepEvent, stepNote } from "./testing_run.ts";

function frame(
  options: { columns?: number; rows?: number; tail?: readonly string[]; steps?: number } = {},
): string[] {
  const { columns = 40, rows = 24, tail = [], steps = 1 } = options;
  const view = new RunView(sampleDefinition, []);
  for (let id = 1; id <= steps; id++) view.apply(stepEvent("StepStarted", { pointerId: id }));
  const tails = new Map(Array.from({ length: steps }, (_, index) => [index + 1, tail]));
  const since = view.active.get(1)!.since;
  return liveFrame({ view, tails, now: since + 3_440, size: { columns, rows }, paint: plain }).split("\n");
}

Deno.test("liveFrame() shows a running step with its time and output, then the steps to come", () => {
  const [step, ...rest] = frame({ tail: ["compiling", "linking"] });
  ok(/^. Build all 3\.4s$/.test(step!), step);
  deepEqual(rest, ["    compiling", "    linking", "· Lint", "· Notify"]);
});

Deno.test("liveFrame() shows what a step says of how far it is, until it begins again", () => {
  const view = new RunView(sampleDefinition, []);
  const first = () => {
    const now = performance.now(); // The view tells by it when a step began.
    return liveFrame({ view, tails: new Map(), now, size: { columns: 80, rows: 24 }, paint: plain })
      .split("\n")[0]!;
  };
  view.applyNote(stepNote("too early"));
  view.apply(stepEvent("StepStarted"));
  doesNotMatch(first(), /too early/);
  view.applyNote(stepNote("10 of 500"));
  view.applyNote(stepNote("\x1b[2J11 of\n500"));
  match(first(), /Build all \S+ 11 of␊500$/);
  view.apply(stepEvent("StepWaiting"));
  match(first(), /Build all waiting \S+ 11 of␊500$/);
  view.apply(stepEvent("StepRetrying", { error: sampleFailure }));
  match(first(), /Build all retrying \S+ Command ended/);
  view.apply(stepEvent("StepStarted", { attempt: 2 }));
  doesNotMatch(first(), /11 of/);
});

Deno.test("liveFrame() cuts lines to the terminal's width, wide characters counted as two columns", () => {
  const line = frame({ columns: 20, tail: ["漢".repeat(50)] })[1]!;
  equal(line, `    ${"漢".repeat(7)}`);
});

Deno.test("liveFrame() shows the last ten lines of output", () => {
  const tail = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  equal(frame({ tail }).filter((line) => line.includes("line")).length, 10);
});

Deno.test("liveFrame() is never taller than the terminal", () => {
  const tail = Array.from({ length: 10 }, (_, index) => `line ${index}`);
  for (let rows = 1; rows < 40; rows++) {
    for (const steps of [1, 2, 7, 30]) ok(frame({ rows, steps, tail }).length <= Math.max(1, rows - 2));
  }
});

Deno.test("liveFrame() sums up many steps to come", () => {
  const steps = Array.from({ length: 20 }, (_, index) => ({ key: `s${index}`, type: "shell" }));
  const view = new RunView({ id: "x", version: 1, steps }, []);
  const lines = liveFrame({ view, tails: new Map(), now: 0, size: { columns: 40, rows: 24 }, paint: plain })
    .split("\n");
  deepEqual(lines, ["· s0", "· s1", "· s2", "· s3", "· … 16 more"]);
});

Deno.test("liveFrame() leaves most of a small terminal to the running step", () => {
  const steps = Array.from({ length: 20 }, (_, index) => ({ key: `s${index}`, type: "shell" }));
  const view = new RunView({ id: "x", version: 1, steps }, []);
  view.apply(stepEvent("StepStarted", { stepKey: "s0" }));
  const tails = new Map([[2, Array.from({ length: 10 }, (_, index) => `line ${index}`)]]);
  const now = performance.now();
  const [, ...lines] = liveFrame({ view, tails, now, size: { columns: 40, rows: 10 }, paint: plain }).split(
    "\n",
  );
  deepEqual(lines.map((line) => line.trim()), [
    "line 5",
    "line 6",
    "line 7",
    "line 8",
    "line 9",
    "· s1",
    "· … 18 more",
  ]);
});
