import type { Instance } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { LogLine } from "../../src/provider/persistence.ts";

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
  /** A step says how far it is. */
  stepNote(note: StepNote): void;
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
