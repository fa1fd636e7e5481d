import type { Io } from "../io.ts";
import { JsonProgress } from "./json_progress.ts";
import { loadLogUpdate } from "./log_update.ts";
import { LiveProgress } from "./live_progress.ts";
import { PlainProgress } from "./plain_progress.ts";
import type { OutputFormat, Progress } from "./progress.ts";
import type { RunView } from "./run_view.ts";

/** The progress that suits the format and the surroundings: redrawn in place on a terminal, else line by line. */
export async function createProgress(format: OutputFormat, io: Io, view: RunView): Promise<Progress> {
  if (format === "json") return new JsonProgress(io, view);
  const createLogUpdate = io.stdout.isTerminal ? await loadLogUpdate() : null;
  return createLogUpdate
    ? new LiveProgress(io.stdout, view, createLogUpdate)
    : new PlainProgress(io.stdout, view);
}
