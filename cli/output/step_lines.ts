import { formatDuration } from "../../src/definition/duration.ts";
import type { StepEvent } from "../../src/instance/lifecycle_event.ts";
import type { Paint } from "../io.ts";
import { printable } from "./printable.ts";
import { signOf } from "./signs.ts";

/** The line that tells of a step's event. */
export function stepLine(event: StepEvent, name: string, paint: Paint): string {
  const { attempt, startedAt, at, dueAt, error } = event;
  const title = paint("bold", printable(name));
  const took = startedAt === null ? "" : formatDuration(at - startedAt);
  const pause = formatDuration(Math.max(0, (dueAt ?? at) - at));
  const again = attempt > 1 ? paint("dim", `(attempt ${attempt})`) : "";
  switch (event.type) {
    case "StepStarted":
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
      return join(signOf("Sleeping", paint), title, `waits ${pause}`);
    case "StepInterrupted":
      return join(paint("yellow", "⊘"), title, "interrupted", again);
    case "StepCancelled":
      return join(signOf("Cancelled", paint), title, "cancelled");
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
