import { type Io, type Paint, plain, type Sink } from "./io.ts";

/** A sink that keeps what is written, for tests. */
export class RecordingSink implements Sink {
  /** Everything written. */
  text = "";
  closed = false;
  readonly paint: Paint = plain;
  readonly isTerminal: boolean;
  readonly #size: { readonly columns: number; readonly rows: number };

  /** A terminal of this size, or no terminal. */
  constructor(size?: { readonly columns: number; readonly rows: number }) {
    this.isTerminal = size !== undefined;
    this.#size = size ?? { columns: 80, rows: 24 };
  }

  /** The lines written. */
  get lines(): readonly string[] {
    return this.text.split("\n").slice(0, -1);
  }

  write(text: string): void {
    this.text += text;
  }

  size(): { readonly columns: number; readonly rows: number } {
    return this.#size;
  }
}

/** Surroundings that keep what is written, for tests. */
export function recordingIo(): Io & { readonly stdout: RecordingSink; readonly stderr: RecordingSink } {
  return { stdout: new RecordingSink(), stderr: new RecordingSink() };
}
