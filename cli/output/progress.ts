import type { Instance } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { LogLine } from "../../src/provider/persistence.ts";
import type { Io } from "../io.ts";
import { JsonProgress } from "./json_progress.ts";
import { loadLogUpdate } from "./log_update.ts";
import { LiveProgress } from "./live_progress.ts";
import { PlainProgress } from "./plain_progress.ts";
import type { RunView } from "./run_view.ts";

/** How results are written: for people, or one JSON object a line. */
export type OutputFormat = "human" | "json";

/** Shows a run while it goes on. */
export interface Progress extends Disposable {
  /** The run's id is known. */
  begin(runId: string): void;
  /** Something happened and is recorded. */
  event(event: LifecycleEvent): void;
  /** A step printed a line. */
  log(line: LogLine): void;
  /** Words from the command itself, for a person. */
  note(text: string): void;
  /** Nothing more will happen. */
  end(outcome: Outcome): void;
}

/** How a command leaves a run. */
export interface Outcome {
  /** The run as it is recorded. */
  readonly run: Instance;
  /** Whether the command was interrupted before the run came to rest. */
  readonly interrupted: boolean;
  /** Milliseconds that the command took. */
  readonly elapsed: number;
  /** What names the run to a command: its id, and the database where it is not the default one. */
  readonly target: string;
}

/** The progress that suits the format and the surroundings: redrawn in place on a terminal, else line by line. */
export async function createProgress(format: OutputFormat, io: Io, view: RunView): Promise<Progress> {
  if (format === "json") return new JsonProgress(io, view);
  const createLogUpdate = io.stdout.isTerminal ? await loadLogUpdate() : null;
  return createLogUpdate
    ? new LiveProgress(io.stdout, view, createLogUpdate)
    : new PlainProgress(io.stdout, view);
}
