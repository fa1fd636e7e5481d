import { formatDuration } from "../../src/definition/duration.ts";
import type { StepEvent } from "../../src/instance/lifecycle_event.ts";
import type { Paint } from "../io.ts";
import { printable } from "./printable.ts";
import type { RunView } from "./run_view.ts";
import { signOf } from "./signs.ts";

/** The line that tells of a step's event, indented by how deep the step is inside others. */
export function stepLine(event: StepEvent, view: RunView, paint: Paint): string {
  const text = wordsOf(event, view.nameOfPointer(event.pointerId), paint);
  return indentation(view.depthOf(event.stepKey)) + text;
}

/** What stands before the text about a step that is so deep inside others. */
export function indentation(depth: number): string {
  return "  ".repeat(depth);
}

function wordsOf(event: StepEvent, name: string, paint: Paint): string {
  const { attempt, startedAt, at, dueAt, error } = event;
  const title = paint("bold", printable(name));
  const took = startedAt === null ? "" : formatDuration(at - startedAt);
  const pause = dueAt === null ? "" : formatDuration(Math.max(0, dueAt - at));
  const again = attempt > 1 ? paint("dim", `(attempt ${attempt})`) : "";
  switch (event.type) {
    case "StepStarted":
    case "StepCompensating":
      return join(signOf("Running", paint), title, again);
    case "StepCompleted":
      return join(signOf("Complete", paint), title, paint("dim", took), again);
    case "StepFailed":
      return join(signOf("Failed", paint), title, paint("dim", took), again, firstLine(error?.message));
    case "StepRetrying":
      return join(
        paint("yellow", "↻"),
        title,
        paint("dim", took),
        again,
        `again in ${pause}:`,
        firstLine(error?.message),
      );
    case "StepWaiting":
      return join(signOf("Sleeping", paint), title, "waits", pause);
    case "StepInterrupted":
      return join(paint("yellow", "⊘"), title, "interrupted", again);
    case "StepCancelled":
      return join(signOf("Cancelled", paint), title, "cancelled");
    case "StepSkipped":
      return join(signOf("Skipped", paint), title, "skipped");
    case "StepCompensated":
      return event.undoes === null
        ? join(signOf("Compensated", paint), title, "undone", paint("dim", took))
        : join(signOf("Complete", paint), title, paint("dim", took), again);
  }
}

/** The first line of a message, without the words that only introduce the lines below it. */
export function firstLine(message: string | undefined): string {
  const line = (message ?? "").split("\n", 1)[0]!;
  return printable(line.replace(/(?<=\.) [^.]*:$|:$/, ""));
}

/** Words with a blank between them, those that are empty left out. */
function join(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}
