import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { StepNote } from "../../src/engine/note_writer.ts";
import type { LogLine } from "../../src/provider/persistence.ts";
import { plain, type Sink } from "../io.ts";
import { levelSign } from "./level_sign.ts";
import { liveFrame, longestTail } from "./live_frame.ts";
import { type CreateLogUpdate, toStream } from "./log_update.ts";
import { printable } from "./printable.ts";
import type { Outcome, Progress } from "./progress.ts";
import type { RunView } from "./run_view.ts";
import { stepLine } from "./step_lines.ts";
import { summaryLines } from "./summary.ts";

const redrawInterval = 100;
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";

/** Progress on a terminal: what is over stays as a line, below it what runs is redrawn in place. */
export class LiveProgress implements Progress {
  readonly #sink: Sink;
  readonly #view: RunView;
  readonly #screen: ReturnType<CreateLogUpdate>;
  readonly #tails = new Map<number, string[]>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(sink: Sink, view: RunView, createLogUpdate: CreateLogUpdate) {
    this.#sink = sink;
    this.#view = view;
    // Its own cursor handling would catch signals and end the process.
    this.#screen = createLogUpdate(toStream(sink), { showCursor: true });
  }

  begin(runId: string): void {
    const { paint } = this.#sink;
    this.#keep(`${paint("bold", this.#view.title)} ${paint("dim", `· run ${runId}`)}`);
    for (const name of this.#view.recorded) this.#keep(paint("dim", `✓ ${printable(name)} recorded before`));
    this.#sink.write(hideCursor);
    this.#timer = setInterval(() => this.#draw(), redrawInterval);
    this.#draw();
  }

  event(event: LifecycleEvent): void {
    if (!("pointerId" in event)) return;
    const { type, pointerId, stepKey } = event;
    this.#view.apply(event);
    if (type === "StepStarted" || type === "StepCompensating") this.#tails.set(pointerId, []);
    else if (type !== "StepWaiting" && !this.#view.isHidden(stepKey)) {
      this.#tails.delete(pointerId);
      this.#keep(stepLine(event, this.#view, this.#sink.paint));
    }
    this.#draw();
  }

  log({ pointerId, stream, text }: LogLine): void {
    const tail = this.#tails.get(pointerId);
    if (!tail) return;
    tail.push(levelSign(stream, plain) + printable(text).replaceAll("\t", "    "));
    if (tail.length > longestTail) tail.shift();
  }

  stepNote(note: StepNote): void {
    this.#view.applyNote(note);
  }

  note(text: string): void {
    this.#keep(text);
    this.#draw();
  }

  end(outcome: Outcome): void {
    this[Symbol.dispose]();
    const { paint } = this.#sink;
    for (const line of summaryLines(outcome, this.#view, paint)) this.#keep(line);
    // What was shown below the steps is gone from the screen.
    if (outcome.run.status === "Complete") this.#keep(paint("dim", `Output: wfe logs ${outcome.target}`));
  }

  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#screen.clear();
    this.#sink.write(showCursor);
  }

  #keep(line: string): void {
    if (this.#timer === undefined) this.#sink.write(`${line}\n`);
    else this.#screen.persist(line);
  }

  #draw(): void {
    if (this.#timer === undefined) return;
    const { paint } = this.#sink;
    const frame = liveFrame({
      view: this.#view,
      tails: this.#tails,
      now: performance.now(),
      size: this.#sink.size(),
      paint,
    });
    if (frame === "") this.#screen.clear();
    else this.#screen(frame);
  }
}
