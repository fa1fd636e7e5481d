import { storableText } from "../definition/storable_text.ts";
import type { LogLine, LogPage, StoredLogLine } from "../provider/persistence.ts";
import type { RunTable } from "./run_table.ts";

/** The log lines of all runs, numbered in the order they were added. */
export class Logs {
  readonly #runs: RunTable;
  #last = 0;

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  /** Adds lines; those of runs that do not exist are left out. */
  append(lines: readonly LogLine[]): void {
    for (const line of lines) {
      const seq = ++this.#last;
      const run = this.#runs.find(line.runId);
      run?.log.push(Object.freeze({ ...line, text: storableText(line.text), seq }));
    }
  }

  /** A page of a run's log. */
  read(runId: string, { after = 0, pointerId, limit }: LogPage): StoredLogLine[] {
    return (this.#runs.find(runId)?.log ?? [])
      .filter((line) => line.seq > after && (pointerId === undefined || line.pointerId === pointerId))
      .slice(0, limit);
  }
}
