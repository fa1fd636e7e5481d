import { formatDuration } from "../../src/definition/duration.ts";
import type { Instance } from "../../src/instance/instance.ts";
import type { Paint } from "../io.ts";
import { printable, printableText } from "./printable.ts";
import type { Outcome } from "./progress.ts";
import type { RunView } from "./run_view.ts";
import { signOf } from "./signs.ts";

/** The last lines about a run: how it ended and when; what failed and how to go on come last. */
export function summaryLines(
  { run, interrupted, elapsed, target }: Outcome,
  view: RunView,
  paint: Paint,
): readonly string[] {
  const sign = interrupted ? paint("yellow", "⊘") : signOf(run.status, paint);
  const head = `${sign} ${paint("bold", run.definitionId)} ${verdict(run, interrupted)} ${
    duration(run, elapsed)
  }`;
  const lines = ["", `${head} ${paint("dim", `· run ${run.id}`)}`];
  if (run.status === "Complete") return lines;
  return [
    ...lines,
    ...whyLines(run, view, paint),
    "",
    `Continue with: ${paint("bold", `wfe resume ${target}`)}`,
  ];
}

function verdict(run: Instance, interrupted: boolean): string {
  if (interrupted) return "interrupted";
  return run.status === "Runnable" ? "waits" : run.status.toLowerCase();
}

function duration(run: Instance, elapsed: number): string {
  return `${run.status === "Complete" ? "in" : "after"} ${formatDuration(elapsed)}`;
}

/** Why a run is where it is: the failing step's error, else the reason. */
export function whyLines(
  { error, reason, parkedReason }: Instance,
  view: RunView,
  paint: Paint,
): readonly string[] {
  if (error) {
    const step = `Step ${printable(view.nameOf(error.step))}, attempt ${error.attempt}:`;
    return ["", paint("red", step), ...indented(error.message)];
  }
  const text = parkedReason ?? reason;
  return text === null ? [] : ["", ...indented(text)];
}

function indented(text: string): readonly string[] {
  return printableText(text.trimEnd()).split("\n").map((line) => `  ${line}`);
}
