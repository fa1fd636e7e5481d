import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Clock } from "../../src/engine/clock.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { LogLine } from "../../src/provider/persistence.ts";
import type { Sink } from "../io.ts";
import { levelSign } from "./level_sign.ts";
import { PacedNotes } from "./paced_notes.ts";
import { printable } from "./printable.ts";
import type { Outcome, Progress } from "./progress.ts";
import type { RunView } from "./run_view.ts";
import { stepLine } from "./step_lines.ts";
import { summaryLines } from "./summary.ts";

/** Progress as lines that stay: for logs, pipes and simple terminals. */
export class PlainProgress implements Progress {
  readonly #sink: Sink;
  readonly #view: RunView;
  readonly #notes: PacedNotes;

  constructor(sink: Sink, view: RunView, clock?: Clock) {
    this.#sink = sink;
    this.#view = view;
    this.#notes = new PacedNotes(({ pointerId, text }) => {
      this.#write(`${printable(view.nameOfPointer(pointerId))} · ${printable(text)}`);
    }, clock);
  }

  begin(runId: string): void {
    this.#write(`${this.#view.title} · run ${runId}`);
    for (const name of this.#view.recorded) this.#write(`✓ ${printable(name)} recorded before`);
  }

  event(event: LifecycleEvent): void {
    if (!("pointerId" in event)) return;
    this.#notes.finish(event.pointerId);
    this.#view.apply(event);
    if (!this.#view.isHidden(event.stepKey)) this.#write(stepLine(event, this.#view, this.#sink.paint));
  }

  log({ pointerId, stream, text }: LogLine): void {
    const name = printable(this.#view.nameOfPointer(pointerId));
    this.#write(`${name} | ${levelSign(stream, this.#sink.paint)}${printable(text)}`);
  }

  stepNote(note: StepNote): void {
    this.#notes.take(note);
  }

  note(text: string): void {
    this.#write(text);
  }

  end(outcome: Outcome): void {
    this.#notes[Symbol.dispose]();
    for (const line of summaryLines(outcome, this.#view, this.#sink.paint)) this.#write(line);
  }

  [Symbol.dispose](): void {
    this.#notes[Symbol.dispose]();
  }

  #write(line: string): void {
    this.#sink.write(`${line}\n`);
  }
}
