import sliceAnsi from "slice-ansi";
import { formatDuration } from "../../src/definition/duration.ts";
import type { Paint } from "../io.ts";
import { printable } from "./printable.ts";
import { firstLine, indentation } from "./step_lines.ts";
import type { ActiveStep, RunView, StepToCome } from "./run_view.ts";

/** Most lines of output shown below a running step. */
export const longestTail = 10;
const mostToCome = 5;
const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** What a frame is drawn from. */
export interface Scene {
  /** The steps. */
  readonly view: RunView;
  /** The last lines that running steps printed, harmless already, by the id of the activation. */
  readonly tails: ReadonlyMap<number, readonly string[]>;
  /** Milliseconds of `performance.now()`. */
  readonly now: number;
  /** The terminal. */
  readonly size: { readonly columns: number; readonly rows: number };
  /** Colours. */
  readonly paint: Paint;
}

/** The part of the terminal that is redrawn: running steps with their output, then the steps to come. Never too tall. */
export function liveFrame({ view, tails, now, size, paint }: Scene): string {
  const height = Math.max(1, size.rows - 2);
  const room = Math.max(0, height - view.active.size);
  const toCome = toComeLines(view.toCome, Math.floor(room / 3));
  const tailLength = Math.min(
    longestTail,
    Math.floor((room - toCome.length) / Math.max(1, view.active.size)),
  );
  // As in the definition, so that what is inside a step stands below it.
  const active = [...view.active].sort(([, a], [, b]) => a.position - b.position);
  const lines = active.flatMap(([id, step]) => [
    activeLine(step, now, paint),
    ...(tailLength > 0 ? tails.get(id) ?? [] : []).slice(-tailLength).map((line) =>
      paint("dim", `${indentation(step.depth)}    ${line}`)
    ),
  ]);
  lines.push(...toCome.map((line) => paint("dim", line)));
  return lines.slice(0, height).map((line) => sliceAnsi(line, 0, size.columns - 1)).join("\n");
}

function activeLine(step: ActiveStep, now: number, paint: Paint): string {
  const { name, depth, status, attempt, since, problem, note } = step;
  const elapsed = formatDuration(Math.floor((now - since) / 100) * 100);
  const sign = status === "running"
    ? paint("cyan", spinner[Math.floor(now / 100) % spinner.length]!)
    : paint("yellow", "◷");
  const state = status === "running" ? elapsed : `${status} ${elapsed}`;
  const again = attempt > 1 ? ` (attempt ${attempt})` : "";
  const text = `${indentation(depth)}${sign} ${paint("bold", printable(name))} ${
    paint("dim", state + again)
  }`;
  if (note !== null) return `${text} ${printable(note)}`;
  return status === "retrying" && problem ? `${text} ${firstLine(problem)}` : text;
}

function toComeLines(steps: readonly StepToCome[], room: number): readonly string[] {
  const most = Math.min(mostToCome, room);
  if (steps.length <= most) return steps.map(toComeLine);
  if (most === 0) return [];
  return [...steps.slice(0, most - 1).map(toComeLine), `· … ${steps.length - most + 1} more`];
}

function toComeLine({ name, depth }: StepToCome): string {
  return `${indentation(depth)}· ${printable(name)}`;
}
