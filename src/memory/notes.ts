import { storableText } from "../definition/storable_text.ts";
import type { NewNote, ProgressNote } from "../provider/persistence.ts";
import type { Run } from "./run.ts";
import type { RunTable } from "./run_table.ts";

/** The progress notes of all runs. */
export class Notes {
  readonly #runs: RunTable;

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  /** Keeps the notes of attempts that have not ended, of runs that have not been taken from their hosts. */
  put(notes: readonly NewNote[]): void {
    for (const { runId, createdAt, epoch, text, pointerId, attempt, at } of notes) {
      const run = this.#runs.find(runId);
      const stepKey = run && stepOf(run, pointerId, attempt);
      if (!run || stepKey === undefined) continue;
      if (run.instance.epoch !== epoch || run.instance.createdAt !== createdAt) continue;
      run.note = Object.freeze({ text: storableText(text), stepKey, pointerId, attempt, at });
    }
  }

  /** The notes of runs whose attempts have not ended. */
  read(runIds: readonly string[]): Map<string, ProgressNote> {
    const notes = new Map<string, ProgressNote>();
    for (const runId of runIds) {
      const run = this.#runs.find(runId);
      const note = run?.note;
      if (run && note && stepOf(run, note.pointerId, note.attempt) !== undefined) notes.set(runId, note);
    }
    return notes;
  }
}

/** The step of an activation that has not ended, and that this attempt is the last of. */
function stepOf(run: Run, pointerId: number, attempt: number): string | undefined {
  const pointer = run.activations.find(pointerId);
  return pointer?.attempt === attempt && pointer.endedAt === null ? pointer.stepKey : undefined;
}
