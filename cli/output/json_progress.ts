import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Clock } from "../../src/engine/clock.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { LogLine } from "../../src/provider/persistence.ts";
import type { Io } from "../io.ts";
import { eventRecord, logRecord, noteRecord, writeJson } from "./json.ts";
import { PacedNotes } from "./paced_notes.ts";
import type { Outcome, Progress } from "./progress.ts";
import type { RunView } from "./run_view.ts";

/** Progress for programs: one JSON object a line on standard output, the run itself last; notes on standard error. */
export class JsonProgress implements Progress {
  readonly #io: Io;
  readonly #view: RunView;
  readonly #notes: PacedNotes;

  constructor(io: Io, view: RunView, clock?: Clock) {
    this.#io = io;
    this.#view = view;
    this.#notes = new PacedNotes((note) => {
      writeJson(io.stdout, noteRecord(note, view.nameOfPointer(note.pointerId)));
    }, clock);
  }

  begin(): void {}

  event(event: LifecycleEvent): void {
    if (!("pointerId" in event)) return writeJson(this.#io.stdout, eventRecord(event, ""));
    this.#notes.finish(event.pointerId);
    this.#view.apply(event);
    writeJson(this.#io.stdout, eventRecord(event, this.#view.nameOfPointer(event.pointerId)));
  }

  log(line: LogLine): void {
    writeJson(this.#io.stdout, logRecord(line, this.#view.nameOfPointer(line.pointerId)));
  }

  stepNote(note: StepNote): void {
    this.#notes.take(note);
  }

  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  end({ run, interrupted, target }: Outcome): void {
    this.#notes[Symbol.dispose]();
    if (interrupted) this.note(`Continue with: wfe resume ${target}`);
    writeJson(this.#io.stdout, { type: "run", runId: run.id, status: run.status, data: run.data });
  }

  [Symbol.dispose](): void {
    this.#notes[Symbol.dispose]();
  }
}
